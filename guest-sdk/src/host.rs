//! Calls to the server.

/// Calls a function of the WIT contract, such as `host_call!(stream::count(&stream))`.
///
/// Built for anything but WebAssembly there is no server to call. What the binding generator puts in its place cannot
/// unwind and says nothing; this panics with a sentence, so that a plugin's own unit test shows what it needs.
macro_rules! host_call {
    ($interface:ident :: $function:ident ( $($argument:expr),* $(,)? )) => {{
        #[cfg(not(target_arch = "wasm32"))]
        $crate::host::unreachable(concat!(stringify!($interface), "::", stringify!($function)));
        $crate::bindings::meadhall::plugin::$interface::$function($($argument),*)
    }};
}

pub(crate) use host_call;

#[cfg(not(target_arch = "wasm32"))]
#[track_caller]
pub(crate) fn unreachable(function: &str) {
    panic!("`{function}` needs the server: build the plugin for wasm32-wasip2 and call it there");
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    #[test]
    fn outside_the_server_a_call_panics_with_a_sentence() {
        let panic = std::panic::catch_unwind(|| stream::count(&Stream::room("hall"))).expect_err("there is no server");
        let message = panic.downcast_ref::<String>().expect("a panic with a message");
        assert!(message.starts_with("`stream::count` needs the server"), "{message}");
    }
}
