//! A secret in the configuration: the value itself, or where it stands. It is never shown.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

/// `"…"`, `{ env = "NAME" }` or `{ file = "/path" }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Secret {
    Value(SecretString),
    Env { env: String },
    File { file: PathBuf },
}

impl Secret {
    /// The secret itself.
    ///
    /// # Errors
    /// What is missing, by name; never what it would have been.
    pub fn read(&self) -> Result<SecretString, String> {
        let text = match self {
            Self::Value(secret) => return Ok(secret.clone()),
            Self::Env { env } => std::env::var(env).map_err(|_| format!("the environment has no {env}"))?,
            Self::File { file } => {
                let name = file.display();
                let metadata = std::fs::metadata(file).map_err(|error| format!("{name}: {error}"))?;
                if metadata.permissions().mode() & 0o077 != 0 {
                    return Err(format!("{name} must be readable by its owner only (chmod 600)"));
                }
                std::fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?
            }
        };
        let text = text.trim();
        if text.is_empty() { Err("a secret is empty".into()) } else { Ok(text.to_owned().into()) }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[derive(Deserialize)]
    struct Holder {
        key: Secret,
    }

    fn read(text: &str) -> Result<String, String> {
        let holder: Holder = toml::from_str(text).unwrap();
        assert!(!format!("{:?}", holder.key).contains("sesame"));
        holder.key.read().map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn a_secret_is_given_or_pointed_at_and_never_shown() {
        assert_eq!(read(r#"key = "sesame""#).unwrap(), "sesame");
        assert_eq!(
            read(r#"key = { env = "XIANGBAN_NO_SUCH" }"#).unwrap_err(),
            "the environment has no XIANGBAN_NO_SUCH"
        );
        let folder = std::env::temp_dir().join(format!("xiangban_secret_{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("key");
        std::fs::write(&file, "sesame\n").unwrap();
        let text = format!("key = {{ file = {:?} }}", file.to_str().unwrap());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read(&text).unwrap_err().contains("chmod 600"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(read(&text).unwrap(), "sesame");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
