#[derive(Clone)]
pub struct Oidc;
pub struct Subject {
    pub issuer: String,
    pub subject: String,
    pub expires: std::time::SystemTime,
}
impl Oidc {
    pub fn is_token(_text: &str) -> bool {
        false
    }
    pub async fn verify(&self, _token: &str, _now: std::time::SystemTime) -> Result<Subject, String> {
        Err("no".into())
    }
}
