//! Where the configuration is looked for while the mesh runs: one seam, whatever holds the documents.
//!
//! A source is looked at again and again; it gives whole documents, and only when they are others than before. What they
//! say, and whether they are put in force, is not decided here.

mod fetch;
mod files;
mod last_good;
mod url;

use std::{error::Error as StdError, fmt, io, time::Duration};

use futures::future::BoxFuture;
use thiserror::Error as ThisError;

pub(crate) use self::{
    files::{Files, Place, read},
    last_good::LastGood,
    url::{Plain, Url},
};

use super::hash::Fnv;

/// A place that holds the configuration.
pub(crate) trait Source: Send + 'static {
    /// What to call it in logs.
    fn name(&self) -> String;

    /// How often to look, unless the user says otherwise.
    fn interval(&self) -> Duration;

    /// What it holds now; `None` if that is what it held at the last look. A look that fails changes nothing.
    fn look(&mut self) -> BoxFuture<'_, Result<Option<Vec<Document>>, SourceError>>;
}

/// A text and its name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// What tells a configuration's texts from others: the same on every machine that reads the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Version(u64);

impl Version {
    pub(crate) fn of(documents: &[Document]) -> Self {
        let hash = documents.iter().fold(Fnv::START, |hash, document| {
            // No text holds this byte, so that documents do not run into each other.
            hash.with_all(document.text.as_bytes()).with(0xff)
        });
        Self(hash.0)
    }

    /// As a metric's value: as many bits as a float holds exactly.
    pub(crate) fn number(self) -> u64 {
        (self.0 ^ (self.0 >> BITS)) & ((1 << BITS) - 1)
    }
}

/// The metric's value in hexadecimal.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}", self.number())
    }
}

/// Why a look gave nothing.
#[derive(Debug, ThisError)]
pub(crate) enum SourceError {
    #[error("cannot read {name}")]
    Read {
        name: String,
        #[source]
        source: io::Error,
    },
    #[error("{name} holds no file that ends in .yaml, .yml or .json")]
    Empty { name: String },
    #[error("{name} holds more than {most} files; a directory of the mesh's own has fewer")]
    TooMany { name: String, most: usize },
    #[error("the files hold more than {most} bytes together; name those of this mesh alone")]
    TooLarge { most: usize },
    #[error("{0}")]
    Refused(String),
    #[error("{host} does not resolve")]
    Resolve {
        host: String,
        #[source]
        source: io::Error,
    },
    #[error("cannot connect")]
    Connect(#[source] io::Error),
    #[error("the exchange broke off")]
    Http(#[source] hyper::Error),
    #[error("the answer broke off, or is longer than {most} bytes")]
    Body {
        most: usize,
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    #[error("answered {0}; a configuration comes with 200")]
    Status(http::StatusCode),
    #[error("redirected ({0}), which is not followed; name the place itself")]
    Redirected(http::StatusCode),
    #[error("no whole answer within {0:?}")]
    Slow(Duration),
    #[error("the answer is no UTF-8 text")]
    NotText(#[source] std::string::FromUtf8Error),
}

/// How much of a version is told.
const BITS: u32 = 48;

/// A little more than any document may have is enough for its reader to say so.
pub(crate) const LONGEST: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(texts: &[&str]) -> Vec<Document> {
        let named = texts.iter().enumerate().map(|(number, text)| Document {
            name: number.to_string(),
            text: (*text).to_owned(),
        });
        named.collect()
    }

    #[test]
    fn versions_differ_where_texts_do_and_nowhere_else() {
        let version = |texts: &[&str]| Version::of(&documents(texts));
        assert_eq!(version(&["a", "b"]), version(&["a", "b"]));
        for other in [&["ab"][..], &["a", "c"], &["b", "a"], &["a", "b", ""], &[]] {
            assert_ne!(version(&["a", "b"]), version(other), "{other:?}");
        }
        assert_eq!(version(&["a"]).to_string().len(), 12);
        assert!(version(&["a"]).number() < 1 << 53, "a float holds it");
    }
}
