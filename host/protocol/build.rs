//! Compiles `proto/` with protox, so that no `protoc` is needed.

use prost::Message as _;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo::rerun-if-changed={}", folder.display());
    let files = protox::compile(["api.proto", "realtime.proto"], [&folder])?;
    let mut prost = prost_build::Config::new();
    prost.extern_path(".google.protobuf.Timestamp", "crate::timestamp::Timestamp");
    prost.compile_fds(files.clone())?;
    pbjson_build::Builder::new()
        .register_descriptors(&files.encode_to_vec())?
        .preserve_proto_field_names()
        .use_integers_for_enums()
        .extern_path(".google.protobuf.Timestamp", "crate::timestamp::Timestamp")
        .build(&[".meadhall"])?;
    Ok(())
}
