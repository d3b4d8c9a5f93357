//! Device logins that are under way (RFC 8628).

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Grantee, Secret};

/// A device login that was begun.
#[derive(Debug, Clone)]
pub(crate) struct DeviceLogin {
    /// What a person is shown, and names again to say who logs in.
    pub(crate) user_code: String,
    pub(crate) code_challenge: String,
    /// Who logs in, as soon as somebody said so.
    pub(crate) grantee: Option<Grantee>,
    pub(crate) expires_at: Timestamp,
}

/// Why a device code gives no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRedeemed {
    Unknown,
    Expired,
    /// The verifier is not that of the challenge.
    Mismatch,
    /// Nobody has said yet who logs in.
    Pending,
}

/// The device logins that are under way, by device code.
#[derive(Debug, Default)]
pub(crate) struct DeviceLogins {
    begun: HashMap<Secret, DeviceLogin>,
}

impl DeviceLogins {
    /// Begins a login, and forgets those that came to nothing long enough ago that nobody asks for them.
    pub(crate) fn begin(&mut self, code: Secret, login: DeviceLogin, now: Timestamp) {
        let lifetime = login.expires_at.duration_since(now);
        self.begun.retain(|_, former| former.expires_at + lifetime > now);
        self.begun.insert(code, login);
    }

    /// Says who logs in; `false` when no login that is under way has this user code.
    pub(crate) fn grant(&mut self, user_code: &str, grantee: Grantee, now: Timestamp) -> bool {
        let mut waiting = self.begun.values_mut().filter(|login| login.expires_at > now && login.grantee.is_none());
        let login = waiting.find(|login| login.user_code == user_code);
        login.map(|login| login.grantee = Some(grantee)).is_some()
    }

    /// Whom a device code stands for. It does so once.
    pub(crate) fn redeem(&mut self, code: &Secret, verifier: &str, now: Timestamp) -> Result<Grantee, NotRedeemed> {
        let login = self.begun.get(code).ok_or(NotRedeemed::Unknown)?;
        if login.expires_at <= now {
            return Err(NotRedeemed::Expired);
        }
        if login.code_challenge != verifier {
            return Err(NotRedeemed::Mismatch);
        }
        let grantee = login.grantee.ok_or(NotRedeemed::Pending)?;
        self.begun.remove(code);
        Ok(grantee)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DeviceLogin, DeviceLogins, NotRedeemed};
    use crate::identity::{Grantee, Secret};

    #[test]
    fn logins_that_were_abandoned_are_forgotten() {
        let mut logins = DeviceLogins::default();
        let mut now = jiff::Timestamp::UNIX_EPOCH;
        for number in 0..1_000 {
            now += Duration::from_secs(60);
            let expires_at = now + Duration::from_secs(300);
            let login =
                DeviceLogin { user_code: String::new(), code_challenge: String::new(), grantee: None, expires_at };
            logins.begin(Secret::from(format!("{number}")), login, now);
        }
        assert_eq!(logins.begun.len(), 10, "five that are under way, five that are expired");
    }

    #[test]
    fn a_code_is_redeemed_once_and_by_whom_it_was_granted_to() {
        let (mut logins, now) = (DeviceLogins::default(), jiff::Timestamp::UNIX_EPOCH);
        let [code, user] = [Secret::from("code".to_owned()), Secret::from("other".to_owned())];
        let login = DeviceLogin {
            user_code: "ABCD".to_owned(),
            code_challenge: "v".to_owned(),
            grantee: None,
            expires_at: now + Duration::from_secs(1),
        };
        logins.begin(code.clone(), login, now);
        let grantee = |number| {
            let user = uuid::Uuid::from_u128(number);
            Grantee { user, organization: user, worker: None }
        };
        assert_eq!(logins.redeem(&user, "v", now), Err(NotRedeemed::Unknown));
        assert_eq!(logins.redeem(&code, "w", now), Err(NotRedeemed::Mismatch));
        assert_eq!(logins.redeem(&code, "v", now), Err(NotRedeemed::Pending));
        assert!(!logins.grant("EFGH", grantee(1), now));
        assert!(logins.grant("ABCD", grantee(1), now));
        assert!(!logins.grant("ABCD", grantee(2), now), "nobody takes a login over");
        assert_eq!(logins.redeem(&code, "v", now), Ok(grantee(1)));
        assert_eq!(logins.redeem(&code, "v", now), Err(NotRedeemed::Unknown));
    }
}
