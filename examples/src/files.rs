//! The files that a command line names, and how they are to be read.

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use mesh_core::{Config, config::ResourceKind, load::Reader};

/// Files, and what they need from outside: flatten it into the arguments of a program.
#[derive(Args, Clone, Debug, Default)]
pub struct FileArgs {
    /// App Mesh files, read together as one configuration: CloudFormation templates, Kubernetes objects, the API's JSON. Of a
    /// directory, all files that end in .yaml, .yml, .json or .template are read, by name, and none below it.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Gives a parameter of a template its value; may be repeated.
    ///
    /// What AWS alone knows goes by the name that the report gives: `AWS::Region`, `Resource`, `Resource.Attribute`,
    /// `import:EXPORT`, `azs:REGION`.
    #[arg(long = "param", value_name = "K=V", value_parser = pair)]
    pub parameters: Vec<(String, String)>,

    /// Gives a placeholder (`${NAME}`, jq's $NAME) its value, in everything but templates; may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    pub values: Vec<(String, String)>,

    /// Fills placeholders from the environment too, where --set does not.
    #[arg(long)]
    pub env: bool,

    /// Which mesh to take, where the files hold several, and which it is, where they name none.
    #[arg(long, value_name = "NAME")]
    pub mesh: Option<String>,

    /// Which kind of resource the API's JSON is, where it does not say so: VirtualNode, Route and so on.
    #[arg(long, value_name = "KIND", requires = "name", value_parser = kind)]
    pub kind: Option<ResourceKind>,

    /// What that resource is called; a route is ROUTER/ROUTE, a gateway route GATEWAY/ROUTE.
    #[arg(long, value_name = "NAME", requires = "kind")]
    pub name: Option<String>,

    /// Warns of properties that App Mesh does not have, instead of refusing them.
    #[arg(long)]
    pub lenient: bool,

    /// Warns of references to what is defined elsewhere, instead of refusing them.
    #[arg(long, visible_alias = "allow-missing")]
    pub allow_dangling: bool,

    /// Takes the later one of two resources that have one name, instead of refusing both.
    #[arg(long)]
    pub last_wins: bool,
}

/// A file's name and its text.
pub type Document = (String, String);

impl FileArgs {
    /// Every file, in the order given.
    ///
    /// # Errors
    /// A line for each that cannot be read.
    pub fn documents(&self) -> Result<Vec<Document>, String> {
        let mut documents = Vec::new();
        let mut unreadable = String::new();
        let mut told = |path: &Path, error: &io::Error| {
            unreadable += &format!("error: cannot read {}: {error}\n", path.display());
        };
        for path in &self.files {
            let files = match listed(path) {
                Ok(files) => files,
                Err(error) => {
                    told(path, &error);
                    continue;
                }
            };
            for file in files {
                match read(&file) {
                    Ok(text) => documents.push((file.display().to_string(), text)),
                    Err(error) => told(&file, &error),
                }
            }
        }
        match unreadable.is_empty() {
            true => Ok(documents),
            false => Err(unreadable),
        }
    }

    /// A reader with everything but documents.
    pub fn reader(&self) -> Reader {
        let mut reader = Config::reader();
        for (name, value) in &self.parameters {
            reader = reader.parameter(name, value);
        }
        for (name, value) in self.substitutions() {
            reader = reader.substitute(name, value);
        }
        if let Some(mesh) = &self.mesh {
            reader = reader.mesh(mesh);
        }
        if let (Some(kind), Some(name)) = (self.kind, &self.name) {
            reader = reader.bare(kind, name);
        }
        for (asked, with) in [
            (self.lenient, Reader::lenient as fn(Reader) -> Reader),
            (self.allow_dangling, Reader::allow_missing),
            (self.last_wins, Reader::last_wins),
        ] {
            if asked {
                reader = with(reader);
            }
        }
        reader
    }

    /// The values of placeholders.
    #[must_use]
    pub fn substitutions(&self) -> BTreeMap<String, String> {
        let environment = env::vars_os().filter(|_| self.env);
        // What is no text can fill nothing.
        let environment = environment.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        environment.chain(self.values.iter().cloned()).collect()
    }
}

/// The file, or those of a directory.
fn listed(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let is_ours = |file: &PathBuf| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) && file.is_file()
    };
    let entries: io::Result<Vec<PathBuf>> =
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect();
    let mut files: Vec<PathBuf> = entries?.into_iter().filter(is_ours).collect();
    files.sort();
    match files.is_empty() {
        true => Err(io::Error::other(format!(
            "no file in it ends in .{}",
            EXTENSIONS.join(", .")
        ))),
        false => Ok(files),
    }
}

fn read(file: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    // A configuration is shorter by far, and the reader says so; but no file may fill the memory.
    File::open(file)?.take(LONGEST).read_to_end(&mut bytes)?;
    text(bytes)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(io::Error::other("it is UTF-16: save it as UTF-8"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // Cut in the middle of a character: too long, which is for the reader to say.
        Err(cut) if cut.as_bytes().len() as u64 == LONGEST => {
            Ok(String::from_utf8_lossy(cut.as_bytes()).into_owned())
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err(io::Error::other(format!(
                "its byte {at} is not UTF-8: save it as UTF-8"
            )))
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

fn kind(text: &str) -> Result<ResourceKind, String> {
    text.parse().map_err(|error| format!("{error}"))
}

const EXTENSIONS: [&str; 4] = ["yaml", "yml", "json", "template"];
const LONGEST: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_name_and_what_follows_the_first_equals_sign() {
        assert_eq!(
            pair("Stage=a=b"),
            Ok(("Stage".to_owned(), "a=b".to_owned()))
        );
        assert_eq!(pair("Stage="), Ok(("Stage".to_owned(), String::new())));
        for wrong in ["Stage", "=x", ""] {
            assert!(pair(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let empty = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        let files = vec![
            "no-such-file.yaml".into(),
            "nor-this.yaml".into(),
            empty.into(),
        ];
        let args = FileArgs {
            files,
            ..FileArgs::default()
        };
        let unreadable = args.documents().unwrap_err();
        for name in [
            "no-such-file.yaml: ",
            "nor-this.yaml: ",
            "src: no file in it ends in .yaml",
        ] {
            assert!(unreadable.contains(name), "{unreadable}");
        }
    }

    #[test]
    fn a_directory_gives_its_files_by_name() {
        let files = vec![concat!(env!("CARGO_MANIFEST_DIR"), "/config").into()];
        let args = FileArgs {
            files,
            ..FileArgs::default()
        };
        let documents = args.documents().unwrap();
        let names: Vec<_> = documents.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.is_sorted() && names.len() >= 2, "{names:?}");
        assert!(
            names.iter().any(|name| name.ends_with("/config/seed.yaml")),
            "{names:?}"
        );
    }

    #[test]
    fn what_is_not_utf_8_is_told_from_what_is_too_long() {
        let message = |bytes: &[u8]| text(bytes.to_vec()).unwrap_err().to_string();
        assert_eq!(message(b"\xff\xfeR\0"), "it is UTF-16: save it as UTF-8");
        assert_eq!(
            message(b"ab\xe4"),
            "its byte 2 is not UTF-8: save it as UTF-8"
        );
        let mut long = vec![b'#'; 15 * 1024 * 1024];
        long.resize(usize::try_from(LONGEST).unwrap() - 1, b' ');
        long.push(0xc3);
        let errors = Config::parse("long.yaml", &text(long).unwrap()).unwrap_err();
        assert!(
            errors
                .to_string()
                .starts_with("long.yaml:1:1: error[document-too-large]"),
            "{errors}"
        );
    }

    #[test]
    fn the_environment_fills_in_only_when_asked_and_after_what_is_said() {
        let values = vec![("PATH".to_owned(), "said".to_owned())];
        let said = FileArgs {
            values,
            ..FileArgs::default()
        };
        assert_eq!(said.substitutions().len(), 1);
        let both = FileArgs { env: true, ..said };
        assert_eq!(
            both.substitutions().get("PATH").map(String::as_str),
            Some("said")
        );
        let asked = FileArgs {
            values: Vec::new(),
            ..both
        };
        assert!(asked.substitutions().contains_key("PATH"));
    }
}
