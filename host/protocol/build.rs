//! Compiles `proto/` with protox, so that no `protoc` is needed.

use prost::Message as _;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo::rerun-if-changed={}", folder.display());
    let files = protox::compile(["api.proto", "realtime.proto"], [&folder])?;
    // Ordered maps: the wire writes the keys of a map sorted, and equal messages must have equal bytes.
    prost_build::Config::new()
        .btree_map(["."])
        .extern_path(".google.protobuf.Timestamp", "crate::timestamp::Timestamp")
        .compile_fds(files.clone())?;
    // Strict, since one generated reader serves both rules: `json.rs` drops unknown fields where they are allowed.
    pbjson_build::Builder::new()
        .register_descriptors(&files.encode_to_vec())?
        .preserve_proto_field_names()
        .use_integers_for_enums()
        .btree_map(["."])
        .extern_path(".google.protobuf.Timestamp", "crate::timestamp::Timestamp")
        .build(&[".meadhall"])?;
    Ok(())
}
