//! The options of `keyrack receipt`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The subcommands of `keyrack receipt`.
#[derive(Subcommand)]
pub enum ReceiptCommand {
    /// Fetch the receipt of the newest event of a booking.
    #[command(
        after_help = "Examples:\n  keyrack receipt get bk_00000020d1z4498bcppn6xycc4 --out receipt.json\n  keyrack receipt \
                            get bk_00000020d1z4498bcppn6xycc4 --text --out receipt.tlog-proof"
    )]
    Get(Get),
    /// Verify a receipt against a policy, offline. The exit code is 0 if the receipt is proved, 1 if not.
    #[command(after_help = "Examples:\n  keyrack receipt verify receipt.json --policy keyrack.policy\n  keyrack receipt verify \
                            confirmation.json --policy keyrack.policy\n  keyrack receipt verify receipt.tlog-proof --policy \
                            keyrack.policy --json")]
    Verify(Verify),
    /// Print the content of a receipt without verifying it.
    #[command(after_help = "Example:\n  keyrack receipt show receipt.json")]
    Show {
        /// The receipt: JSON, the confirmation of a booking, or a .tlog-proof. - reads standard input.
        file: PathBuf,
        /// The file with the bytes of the leaf, for a .tlog-proof that does not contain them.
        #[arg(long, value_name = "FILE")]
        leaf: Option<PathBuf>,
    },
    /// Write a copy of a JSON receipt that discloses only some claims.
    #[command(
        after_help = "Examples:\n  keyrack receipt disclose receipt.json --only guest.name,price --out for-the-office.json\n  \
                            keyrack receipt disclose receipt.json --only '' --out no-claims.json"
    )]
    Disclose(Disclose),
    /// Fetch the policy: the keys that sign the receipts of this cluster.
    #[command(after_help = "Example:\n  keyrack receipt policy --out keyrack.policy")]
    Policy {
        /// The file to write. Without it the result goes to standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// `keyrack receipt get`.
#[derive(Args)]
pub struct Get {
    /// The id of the booking, which begins with bk_.
    pub booking: String,
    /// The file to write. Without it the result goes to standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Fetch the .tlog-proof text, which other tools can read. It discloses no claims.
    #[arg(long, conflicts_with = "json")]
    pub text: bool,
}

/// `keyrack receipt verify`.
#[derive(Args)]
pub struct Verify {
    /// The receipt: JSON, the confirmation of a booking, or a .tlog-proof. - reads standard input.
    pub file: PathBuf,
    /// The file with the policy: the keys that you trust (c2sp.org/tlog-policy).
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,
    /// The file with the bytes of the leaf, for a .tlog-proof that does not contain them.
    #[arg(long, value_name = "FILE")]
    pub leaf: Option<PathBuf>,
}

/// `keyrack receipt disclose`.
#[derive(Args)]
pub struct Disclose {
    /// The receipt as JSON, or the confirmation of a booking. - reads standard input.
    pub file: PathBuf,
    /// The claims to disclose, separated by commas. The others are removed.
    #[arg(long, value_delimiter = ',', required = true)]
    pub only: Vec<String>,
    /// The file to write. Without it the result goes to standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
