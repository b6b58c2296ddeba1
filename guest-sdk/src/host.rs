//! Calls to the server.

/// Calls a function of the WIT contract, such as `host_call!(stream::count(&stream))`.
#[cfg(target_arch = "wasm32")]
macro_rules! host_call {
    ($interface:ident :: $function:ident ( $($argument:expr),* $(,)? )) => {
        $crate::bindings::meadhall::plugin::$interface::$function($($argument),*)
    };
}

/// Built for anything but WebAssembly there is no server to call, but perhaps a world of a test's.
#[cfg(not(target_arch = "wasm32"))]
macro_rules! host_call {
    ($interface:ident :: $function:ident ( $($argument:expr),* $(,)? )) => {{
        $crate::testing::host::enter(concat!(stringify!($interface), "::", stringify!($function)));
        $crate::testing::host::$interface::$function($($argument),*)
    }};
}

pub(crate) use host_call;

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
