//! Takes a port.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Result, anyhow};
use tokio::net::TcpListener;

/// Listens at an address.
///
/// # Errors
/// One line that says why it can't and what to do.
pub(crate) async fn listen(host: IpAddr, port: u16) -> Result<TcpListener> {
    let address = SocketAddr::new(host, port);
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow!("port {port} is in use; stop what uses it, or name another with --port PORT")
        }
        std::io::ErrorKind::PermissionDenied => {
            anyhow!("this user may not listen at port {port}; name one above 1023 with --port PORT")
        }
        _ => anyhow!("can't listen at {address}: {error}; name another address with --host IP"),
    })
}
