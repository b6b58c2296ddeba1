//! The WIT contract as Rust, generated. The modules above give it its shape; nothing else reads this.

wit_bindgen::generate!({
    path: "../wit",
    world: "plugin",
    // `export!` has to expand in the plugin's own crate: its exported symbols belong to the final component.
    pub_export_macro: true,
    default_bindings_module: "meadhall_guest::bindings",
    additional_derives: [PartialEq],
});
