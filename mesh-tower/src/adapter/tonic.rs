//! For tonic: errors as statuses, and the connection's addresses.

use http::Extensions;
use tonic::{
    Code, Status,
    transport::server::{Connected, TcpConnectInfo},
};

use crate::{conn_info::ConnInfo, error::Error, respond, serve::Accepted};

/// The same code and message that a caller of the mesh is sent.
#[cfg_attr(docsrs, doc(cfg(feature = "tonic")))]
impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let (code, message) = respond::status(&error);
        Self::new(Code::from(code), message)
    }
}

pub(super) fn tell_connection(info: &ConnInfo, extensions: &mut Extensions) {
    extensions.insert(TcpConnectInfo {
        local_addr: Some(info.local_addr()),
        remote_addr: Some(info.peer_addr()),
    });
}

/// For `serve_with_incoming`. The inbound services find the connection where tonic puts it.
#[cfg_attr(docsrs, doc(cfg(feature = "tonic")))]
impl Connected for Accepted {
    type ConnectInfo = ConnInfo;

    fn connect_info(&self) -> ConnInfo {
        self.conn_info().clone()
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use mesh_core::unit::Port;

    use super::*;
    use crate::error::Cause;

    #[test]
    fn a_status_has_the_code_and_message_of_the_answer() {
        let status = Status::from(Error::new(Cause::NoEndpoint));
        assert_eq!(
            (status.code(), status.message()),
            (Code::Unavailable, "no healthy upstream")
        );
    }

    #[test]
    fn a_service_is_told_the_connections_addresses() {
        let (peer, local) = (
            SocketAddr::from(([10, 0, 0, 2], 50_000)),
            SocketAddr::from(([10, 0, 0, 1], 8080)),
        );
        let info = ConnInfo::new(
            peer,
            local,
            Port::new(8080).expect("a port"),
            Default::default(),
        );
        let mut request = tonic::Request::new(());
        tell_connection(&info, request.extensions_mut());
        assert_eq!(
            (request.remote_addr(), request.local_addr()),
            (Some(peer), Some(local))
        );
    }
}
