//! Files of the folders that the configuration grants.

use super::wit::file::Host;
use super::wit::types::Error;
use super::{at_most, shortened};
use crate::plugin::folders::ReadError;
use crate::plugin::guest::Guest;
use crate::plugin::limits::{FILE_BYTES, FOLDER_ENTRIES, PATH_BYTES};
use meadhall_protocol::error::Code;

impl Host for Guest {
    async fn read(&mut self, path: String) -> Result<Vec<u8>, Error> {
        self.readable(&path)?;
        let read = self.identity.grants.folders.read(&path).await;
        read.map_err(|error| self.unread(&path, &error, &format!("is more than {FILE_BYTES} bytes")))
    }

    async fn list(&mut self, path: String) -> Result<Vec<String>, Error> {
        self.readable(&path)?;
        let listed = self.identity.grants.folders.list(&path).await;
        listed.map_err(|error| self.unread(&path, &error, &format!("has more than {FOLDER_ENTRIES} entries")))
    }
}

impl Guest {
    fn readable(&self, path: &str) -> Result<(), Error> {
        self.core()?;
        at_most("path", path, PATH_BYTES)
    }

    /// Why nothing was read, for the plugin.
    fn unread(&self, path: &str, error: &ReadError, too_large: &str) -> Error {
        let (plugin, shown) = (&self.identity.name, shortened(path));
        let (code, message) = match error {
            ReadError::NotGranted => {
                let folder = shortened(path.split('/').next().unwrap_or_default());
                let key = crate::config::toml_key(plugin);
                (
                    Code::PermissionDenied,
                    format!(
                        "plugin {plugin:?} may not read {shown:?}: it is in no folder of folders in [plugin.{key}.allow], where {folder:?} would be its name, or leads out of it"
                    ),
                )
            }
            ReadError::NotFound => (Code::NotFound, format!("{shown:?} does not exist")),
            ReadError::WrongKind => {
                (Code::InvalidArgument, format!("{shown:?} is of another kind: files are read, folders are listed"))
            }
            ReadError::TooLarge => (Code::ResourceExhausted, format!("{shown:?} {too_large}")),
            ReadError::Failed(error) => {
                tracing::warn!(%plugin, path = shown, %error, "cannot read");
                (Code::Internal, format!("{shown:?} cannot be read"))
            }
        };
        Error { code: code as u32, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AllowConfig;
    use crate::plugin::guest::tests::World;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    #[tokio::test]
    async fn only_what_lies_in_a_granted_folder_is_read() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "hidden").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("en")).unwrap();
        std::fs::write(at("en/bad.txt"), "nithing").unwrap();
        std::fs::write(at("large"), vec![0; FILE_BYTES + 1]).unwrap();
        std::fs::write(at("just"), vec![7; FILE_BYTES]).unwrap();
        symlink(outside.path().join("secret"), at("out")).unwrap();
        symlink(outside.path(), at("outside")).unwrap();
        symlink("../../../../../../../../../etc/passwd", at("up")).unwrap();
        symlink("en/bad.txt", at("inside")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
            .unwrap();
        let allow =
            AllowConfig { folders: [("words".to_owned(), folder.path().to_owned())].into(), ..AllowConfig::default() };
        let world = World::new();
        let mut guest = world.guest_granted(&allow);

        assert_eq!(guest.read("words/en/bad.txt".into()).await.unwrap(), b"nithing");
        assert_eq!(guest.read("words/inside".into()).await.unwrap(), b"nithing");
        assert_eq!(guest.read("words/en/../en/bad.txt".into()).await.unwrap(), b"nithing");
        assert_eq!(guest.read("words/just".into()).await.unwrap().len(), FILE_BYTES);
        let leaves = format!("words/{}/secret", outside.path().display());
        for (path, code) in [
            ("words/out", 7),
            ("words/outside/secret", 7),
            ("words/up", 7),
            ("words/../secret", 7),
            ("words/en/../../secret", 7),
            (leaves.as_str(), 7),
            ("other/bad.txt", 7),
            ("", 7),
            ("/etc/passwd", 7),
            ("words/missing", 5),
            ("words/a\0b", 5),
            ("words/en", 3),
            ("words", 3),
            ("words/large", 8),
        ] {
            let error = guest.read(path.into()).await.expect_err(path);
            assert_eq!(error.code, code, "{path:?}: {}", error.message);
            assert!(!error.message.contains('\n'), "{}", error.message);
        }
        let pipe = tokio::time::timeout(Duration::from_secs(20), guest.read("words/pipe".into())).await;
        assert_eq!(pipe.expect("a pipe blocks nobody").unwrap_err().code, 3);
        assert_eq!(guest.read("x".repeat(PATH_BYTES + 1)).await.unwrap_err().code, 3);

        let listed = guest.list("words".into()).await.unwrap();
        assert_eq!(listed, ["en/", "inside", "just", "large", "out", "outside", "pipe", "up"]);
        assert_eq!(guest.list("words/en/".into()).await.unwrap(), ["bad.txt"]);
        assert_eq!(guest.list("words/just".into()).await.unwrap_err().code, 3);
        assert_eq!(guest.list("words/outside".into()).await.unwrap_err().code, 7);
        (0..FOLDER_ENTRIES).for_each(|n| std::fs::write(at(&format!("en/{n}")), "").unwrap());
        assert_eq!(guest.list("words/en".into()).await.unwrap_err().code, 8);
    }

    #[tokio::test]
    async fn without_a_grant_nothing_is_read() {
        let mut guest = World::new().guest();
        let error = guest.read("words/bad.txt".into()).await.unwrap_err();
        assert_eq!(error.code, 7);
        assert!(error.message.contains("[plugin.test.allow]"), "{}", error.message);
        assert_eq!(guest.list("words".into()).await.unwrap_err().code, 7);
    }
}
