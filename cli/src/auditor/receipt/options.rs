//! The options of `keyrack receipt`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What `keyrack receipt` does.
#[derive(Subcommand)]
pub enum ReceiptCommand {
    /// Fetch the receipt of a booking's newest event.
    #[command(
        after_help = "Examples:\n  keyrack receipt get bk_00000020d1z4498bcppn6xycc4 --out receipt.json\n  keyrack receipt \
                            get bk_00000020d1z4498bcppn6xycc4 --text --out receipt.tlog-proof"
    )]
    Get(Get),
    /// Check a receipt against a policy, offline: exits 0 if it holds, 1 with the reason if not.
    #[command(after_help = "Examples:\n  keyrack receipt verify receipt.json --policy keyrack.policy\n  keyrack receipt verify \
                            confirmation.json --policy keyrack.policy\n  keyrack receipt verify receipt.tlog-proof --policy \
                            keyrack.policy --json")]
    Verify(Verify),
    /// Print what a receipt says, without checking it.
    #[command(after_help = "Example:\n  keyrack receipt show receipt.json")]
    Show {
        /// JSON, a booking's confirmation, or a .tlog-proof; - reads standard input.
        file: PathBuf,
        /// The leaf's bytes, for a .tlog-proof without them.
        #[arg(long)]
        leaf: Option<PathBuf>,
    },
    /// Write a copy of a JSON receipt that shows some claims only.
    #[command(
        after_help = "Examples:\n  keyrack receipt disclose receipt.json --only guest.name,price --out for-the-office.json\n  \
                            keyrack receipt disclose receipt.json --only '' --out nothing-shown.json"
    )]
    Disclose(Disclose),
    /// Fetch the policy: the keys that sign this cluster's receipts.
    #[command(after_help = "Example:\n  keyrack receipt policy --out keyrack.policy")]
    Policy {
        /// Where to; standard output when absent.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

/// `keyrack receipt get`.
#[derive(Args)]
pub struct Get {
    /// The booking's id.
    pub booking: String,
    /// Where to; standard output when absent.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// The .tlog-proof text, which other tools read; it shows no claims.
    #[arg(long, conflicts_with = "json")]
    pub text: bool,
}

/// `keyrack receipt verify`.
#[derive(Args)]
pub struct Verify {
    /// JSON, a booking's confirmation, or a .tlog-proof; - reads standard input.
    pub file: PathBuf,
    /// The keys that you trust (c2sp.org/tlog-policy).
    #[arg(long)]
    pub policy: PathBuf,
    /// The leaf's bytes, for a .tlog-proof without them.
    #[arg(long)]
    pub leaf: Option<PathBuf>,
}

/// `keyrack receipt disclose`.
#[derive(Args)]
pub struct Disclose {
    /// JSON, or a booking's confirmation; - reads standard input.
    pub file: PathBuf,
    /// The claims to show, with commas; all others are left out.
    #[arg(long, value_delimiter = ',', required = true)]
    pub only: Vec<String>,
    /// Where to; standard output when absent.
    #[arg(long)]
    pub out: Option<PathBuf>,
}
