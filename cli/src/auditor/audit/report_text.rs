//! The report as text for people.

use std::fmt::Write;

use super::report::Report;
use crate::auditor::leaf_summary::AuditTrailSeal;
use crate::terminal::line;

impl Report {
    /// Lines for people.
    pub fn text(&self) -> String {
        let mut text = match self.found {
            0 => format!("{}: nothing wrong in {} leaves\n", line(&self.origin), self.verified),
            found => format!("{}: {found} FOUND\n", line(&self.origin)),
        };
        for finding in &self.findings {
            let _ = writeln!(text, "  {}", line(&finding.to_string()));
        }
        let not_listed = self.found.saturating_sub(self.findings.len() as u64);
        if not_listed > 0 {
            let _ = writeln!(text, "  and {not_listed} more like these");
        }
        let fresh = self.verified.saturating_sub(self.verified_before);
        let _ = match &self.checkpoint {
            Some(_) => writeln!(
                text,
                "  leaves      {} verified, {fresh} of them new; their tree has the root of the checkpoint, so no earlier \
                 leaf was changed",
                self.verified
            ),
            None => writeln!(text, "  leaves      {} were verified by earlier audits, none by this one", self.verified_before),
        };
        if !self.events.is_empty() {
            let events: Vec<String> = self.events.iter().map(|(name, count)| format!("{count} {name}")).collect();
            let _ = writeln!(text, "  events      {}", events.join(", "));
            let _ = writeln!(
                text,
                "  rooms       {} room nights sold at {} properties, counted from the leaves; {} bookings in the state, \
                 {} old ones removed",
                self.room_nights_sold, self.properties, self.bookings, self.forgotten
            );
        }
        if let Some(AuditTrailSeal { records, newest_link }) = &self.audit_trail {
            let _ = writeln!(text, "  trail       audit trail sealed: {records} records, newest link {newest_link}");
        }
        if let Some(checkpoint) = &self.checkpoint {
            let newest = self.newest_leaf.as_deref().unwrap_or("none");
            let _ = writeln!(text, "  checkpoint  {} leaves, root {}, newest leaf {newest}", checkpoint.size, checkpoint.root);
            let _ = writeln!(text, "  signed by   {}", list(checkpoint.signed_by.iter().map(|key| short(key))));
            let _ = writeln!(
                text,
                "  cosigned by {}",
                list(checkpoint.cosigned_by.iter().map(|one| {
                    format!("{} ({}, {})", line(&one.name), if one.outside { "outside witness" } else { "replica" }, one.at)
                }))
            );
        }
        if !self.keys.is_empty() {
            let keys = self.keys.iter().map(|key| {
                format!("node {} since leaf {} ({} in your policy)", key.node, key.leaf, if key.in_policy { "is" } else { "NOT" })
            });
            let _ = writeln!(text, "  keys        {}", list(keys));
        }
        if self.found_before > 0 {
            let _ = writeln!(text, "  earlier     {} findings in earlier runs", self.found_before);
        }
        self.notices.iter().for_each(|notice| _ = writeln!(text, "  note        {}", line(notice)));
        text
    }
}

/// The name and the id of a verifier key, without the key.
fn short(vkey: &str) -> String {
    // The key itself may contain plus signs: it is base64.
    line(&vkey.splitn(3, '+').take(2).collect::<Vec<_>>().join("+"))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}
