//! A document behind a URL, asked for with the tag that it had.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use http::{HeaderValue, Uri, uri::Authority};
use tokio::time;

use super::{
    Document, Source, SourceError,
    fetch::{Answer, fetch},
};
use crate::connect::Dial;

/// One document behind a URL.
#[derive(Debug)]
pub(crate) struct Url {
    pub(super) uri: Uri,
    pub(super) authority: Authority,
    pub(super) plain: Plain,
    dial: Arc<dyn Dial>,
    etag: Option<HeaderValue>,
    last: Option<String>,
}

/// Where a document may come from that nobody signed or encrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Plain {
    ThisMachine,
    Anywhere,
}

impl Url {
    /// # Errors
    /// A sentence: what is wrong with the URL.
    pub(crate) fn new(text: &str, plain: Plain, dial: Arc<dyn Dial>) -> Result<Self, String> {
        let not_a_url = || format!("a configuration's URL is http://HOST:PORT/PATH, not {text:?}");
        let uri: Uri = text.parse().map_err(|_| not_a_url())?;
        let Some(authority) = uri.authority().cloned() else {
            return Err(not_a_url());
        };
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(format!(
                    "{text:?} cannot be asked, for this version speaks no TLS to a configuration's source: put an agent on this \
                     machine before it (http://localhost:PORT), or fetch it to a file"
                ));
            }
            _ => return Err(not_a_url()),
        }
        if authority.as_str().contains('@') {
            return Err("a configuration's URL holds no user and password: they would be sent in plain text, and logged".to_owned());
        }
        let (etag, last) = (None, None);
        Ok(Self {
            uri,
            authority,
            plain,
            dial,
            etag,
            last,
        })
    }

    pub(super) fn host(&self) -> &str {
        let host = self.authority.host();
        // An address of IPv6 stands in brackets, and is none with them.
        host.strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
    }

    pub(super) fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(80)
    }

    pub(super) fn dial(&self) -> &Arc<dyn Dial> {
        &self.dial
    }

    pub(super) fn etag(&self) -> Option<&HeaderValue> {
        self.etag.as_ref()
    }

    async fn ask(&mut self) -> Result<Option<Vec<Document>>, SourceError> {
        let asked = time::timeout(LIMIT, fetch(self)).await;
        let answer = asked.unwrap_or(Err(SourceError::Slow(LIMIT)))?;
        let Answer::Document { text, etag } = answer else {
            return Ok(None);
        };
        self.etag = etag;
        if self.last.as_ref() == Some(&text) {
            return Ok(None);
        }
        self.last = Some(text.clone());
        let name = self.uri.to_string();
        Ok(Some(vec![Document { name, text }]))
    }
}

impl Source for Url {
    fn name(&self) -> String {
        self.uri.to_string()
    }

    fn interval(&self) -> Duration {
        INTERVAL
    }

    fn look(&mut self) -> BoxFuture<'_, Result<Option<Vec<Document>>, SourceError>> {
        Box::pin(self.ask())
    }
}

const INTERVAL: Duration = Duration::from_secs(30);

/// For one exchange, from the name's resolution to the last byte.
const LIMIT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::MemoryNetwork;

    #[test]
    fn what_cannot_be_asked_is_refused_with_a_reason() {
        let url = |text: &str| Url::new(text, Plain::ThisMachine, Arc::new(MemoryNetwork::new()));
        for (text, reason) in [
            ("https://s3.amazonaws.com/bucket/mesh.yaml", "no TLS"),
            (
                "http://user:password@localhost/mesh.yaml",
                "user and password",
            ),
            ("ftp://localhost/mesh.yaml", "http://HOST:PORT/PATH"),
            ("/mesh.yaml", "http://HOST:PORT/PATH"),
            ("http://", "http://HOST:PORT/PATH"),
        ] {
            let refused = url(text).expect_err(text);
            assert!(refused.contains(reason), "{text}: {refused}");
        }
        let url = url("http://[::1]:2772/applications/shop").expect("a URL");
        assert_eq!((url.host(), url.port()), ("::1", 2772));
    }
}
