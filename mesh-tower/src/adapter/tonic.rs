//! For tonic: errors as statuses, and the connection's addresses.

use http::Extensions;
use tonic::{Code, Status, transport::server::TcpConnectInfo};

use crate::{conn_info::ConnInfo, error::Error, respond};

/// The same code and message that a caller of the mesh is sent.
#[cfg_attr(docsrs, doc(cfg(feature = "tonic")))]
impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let (code, message) = respond::status(&error);
        Self::new(Code::from(code), message)
    }
}

pub(super) fn tell_connection(info: &ConnInfo, extensions: &mut Extensions) {
    extensions.insert(TcpConnectInfo { local_addr: Some(info.local_addr()), remote_addr: Some(info.peer_addr()) });
}
