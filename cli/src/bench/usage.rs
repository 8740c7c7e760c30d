//! The usage of the nodes' processes: CPU time, written bytes, synced log writes.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use keyrack_client::Tls;
use keyrack_client::connection::Address;

use super::target::Target;
use crate::web::Connection;

/// The usage of the processes since they started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub cpu_seconds: f64,
    pub written_bytes: f64,
    pub syncs: f64,
}

impl Usage {
    /// Reads the usage of all nodes of a target. An unreadable value counts as zero.
    pub async fn of(target: &Target) -> Usage {
        let mut pages = Vec::new();
        for endpoint in &target.endpoints {
            if let Ok(page) = metrics(endpoint, &target.tls).await {
                pages.push(page);
            }
        }
        Usage::of_processes(&target.pids).with_syncs(&pages)
    }

    /// Reads `/proc`.
    fn of_processes(pids: &[u32]) -> Usage {
        let mut usage = Usage::default();
        for pid in pids {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // After the name in parentheses: utime is the 12th field, stime the 13th, in hundredths of a second.
            let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
            let ticks: f64 = [11, 12].iter().filter_map(|place| fields.get(*place)?.parse::<f64>().ok()).sum();
            usage.cpu_seconds += ticks / 100.0;
            let io = std::fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
            let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse::<f64>().ok());
            usage.written_bytes += written.unwrap_or(0.0);
        }
        usage
    }

    /// Adds the synced log writes from the metrics of the nodes.
    fn with_syncs(mut self, pages: &[String]) -> Usage {
        let value =
            |page: &String| page.lines().find_map(|line| line.strip_prefix("keyrack_raft_log_syncs_total ")?.parse::<f64>().ok());
        self.syncs = pages.iter().filter_map(value).sum();
        self
    }

    /// The difference to an earlier usage.
    pub fn since(&self, before: &Usage) -> Usage {
        Usage {
            cpu_seconds: self.cpu_seconds - before.cpu_seconds,
            written_bytes: self.written_bytes - before.written_bytes,
            syncs: self.syncs - before.syncs,
        }
    }
}

async fn metrics(endpoint: &str, tls: &Tls) -> anyhow::Result<String> {
    let address = Address::parse(endpoint)?;
    let mut connection = Connection::open(&address, tls).await?;
    let request = hyper::Request::builder().uri("/metrics").header("host", address.authority()).body(Full::<Bytes>::default())?;
    let body = connection.send(request).await?.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&body).into_owned())
}
