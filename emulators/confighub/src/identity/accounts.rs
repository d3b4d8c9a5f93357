//! Users, organizations, members and their credentials, while the hub runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use stagegate_simulation::{Simulation, command_of_token};
use uuid::Uuid;

use super::device_login::DeviceLogins;
use super::tokens::Tokens;
use super::{Caller, Directory, Grant, Grantee, Membership, Role, Secret, UserDescription};
use crate::entity::{Organization, User, slug_of};
use crate::error::ApiError;

/// What a member may do.
#[derive(Debug)]
pub(crate) struct Rights {
    pub(crate) role: Role,
    pub(crate) grants: Vec<Grant>,
}

#[derive(Debug)]
struct Account {
    user: User,
    password: Secret,
}

#[derive(Debug)]
struct Member {
    organization: Uuid,
    user: Uuid,
    rights: Arc<Rights>,
}

/// Who there is.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    users: Vec<Account>,
    organizations: Vec<Organization>,
    members: Vec<Member>,
    pub(crate) tokens: Tokens,
    pub(crate) device_logins: DeviceLogins,
}

impl Accounts {
    /// Those that a directory names.
    pub(crate) fn new(directory: &Directory, simulation: &Simulation) -> Self {
        let mut accounts = Self::default();
        for organization in directory.organizations() {
            let name = organization.name.as_ref().unwrap_or(&organization.slug);
            accounts.add_organization(Self::draft_organization(simulation, &organization.slug, name));
        }
        for user in directory.users() {
            accounts.add_user(simulation, user);
        }
        for (index, organization) in directory.organizations().iter().enumerate() {
            for member in &organization.members {
                accounts.add_member(index, member);
            }
        }
        for user in directory.users() {
            if let (Some(token), Some(grantee)) = (&user.token, accounts.home_of(&user.email)) {
                simulation.observer.secret(token.expose());
                accounts.tokens.accept(token.clone(), grantee, None);
            }
        }
        accounts
    }

    fn add_member(&mut self, organization: usize, member: &Membership) {
        let user = self.account(&member.user).map(|account| account.user.user_id);
        if let (Some(organization), Some(user)) = (self.organizations.get(organization), user) {
            let rights = Rights { role: member.role, grants: member.grants.clone() };
            let organization = organization.organization_id;
            self.members.push(Member { organization, user, rights: Arc::new(rights) });
        }
    }

    /// An organization that is none yet. Its slug is its external id in lower case, as in the hosted service.
    pub(crate) fn draft_organization(simulation: &Simulation, slug: &str, name: &str) -> Organization {
        let now = simulation.clock.now();
        Organization {
            organization_id: simulation.seed.uuid("Organization"),
            slug: slug.to_owned(),
            display_name: name.to_owned(),
            external_id: format!("org_{slug}"),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            created_at: now,
            updated_at: now,
            version: 1,
            entity_type: "Organization",
        }
    }

    /// Takes in an organization that was made, or that a snapshot has.
    pub(crate) fn add_organization(&mut self, organization: Organization) {
        self.organizations.push(organization);
    }

    /// Makes a user, who is a member of nothing yet.
    pub(crate) fn add_user(&mut self, simulation: &Simulation, description: &UserDescription) -> User {
        let email = &description.email;
        let local = email.split('@').next().unwrap_or(email);
        let slug = self.free_slug(email, local);
        let now = simulation.clock.now();
        let user = User {
            user_id: simulation.seed.uuid("User"),
            display_name: description.name.clone().unwrap_or_else(|| local.to_owned()),
            username: email.clone(),
            external_id: format!("user_{slug}"),
            slug,
            created_at: now,
            updated_at: now,
            version: 1,
            entity_type: "User",
        };
        let password = description.password.clone();
        let password = password.unwrap_or_else(|| format!("pw_{}", simulation.seed.uuid("password").simple()).into());
        simulation.observer.secret(password.expose());
        self.users.push(Account { user: user.clone(), password });
        user
    }

    /// The slug of a new user: the part of the address before the `@`, the whole of it, or that with a
    /// number, whichever no other user has. Capitals make no difference, since not every file system
    /// tells them apart.
    fn free_slug(&self, email: &str, local: &str) -> String {
        let local = slug_of(local);
        let whole = slug_of(&email.replace('@', "-at-")).unwrap_or_else(|| "user".to_owned());
        let numbered = (2_u64..).map(|number| format!("{whole}-{number}"));
        let mut candidates = local.into_iter().chain(std::iter::once(whole.clone())).chain(numbered);
        let is_free = |slug: &String| !self.users.iter().any(|one| one.user.slug.eq_ignore_ascii_case(slug));
        candidates.find(is_free).unwrap_or(whole)
    }

    /// Takes back a user as a snapshot has it.
    pub(crate) fn restore_user(&mut self, user: User, password: Option<Secret>) {
        self.users.push(Account { user, password: password.unwrap_or_default() });
    }

    /// Gives a password to users that were restored without one, and registers all secrets there are.
    pub(crate) fn complete(&mut self, simulation: &Simulation) {
        for account in &mut self.users {
            if account.password.is_empty() {
                account.password = format!("pw_{}", simulation.seed.uuid("password").simple()).into();
            }
            simulation.observer.secret(account.password.expose());
        }
        self.tokens.all().for_each(|token| simulation.observer.secret(token.expose()));
    }

    /// All users with their passwords, in order.
    pub(crate) fn users(&self) -> impl Iterator<Item = (&User, &Secret)> {
        self.users.iter().map(|account| (&account.user, &account.password))
    }

    /// Makes a user a member, or changes what it may do.
    pub(crate) fn set_member(&mut self, organization: Uuid, user: Uuid, rights: Rights) {
        let rights = Arc::new(rights);
        match self.members.iter_mut().find(|member| member.organization == organization && member.user == user) {
            Some(member) => member.rights = rights,
            None => self.members.push(Member { organization, user, rights }),
        }
    }

    /// Ends a membership; its tokens are no longer good.
    pub(crate) fn remove_member(&mut self, organization: Uuid, user: Uuid) {
        self.members.retain(|member| member.organization != organization || member.user != user);
        let of = |grantee: &Grantee| grantee.organization == organization && grantee.user == user;
        self.tokens.revoke_all("its user is no longer a member of the organization", of);
    }

    /// Puts a changed organization in the place of the former one.
    pub(crate) fn replace_organization(&mut self, changed: &Organization) {
        let organizations = self.organizations.iter_mut();
        for organization in organizations.filter(|one| one.organization_id == changed.organization_id) {
            organization.clone_from(changed);
        }
    }

    /// Forgets an organization with its memberships; its tokens are no longer good.
    pub(crate) fn remove_organization(&mut self, id: Uuid) {
        self.organizations.retain(|organization| organization.organization_id != id);
        self.members.retain(|member| member.organization != id);
        self.tokens.revoke_all("its organization was deleted", |grantee| grantee.organization == id);
    }

    /// The first owner of an organization.
    pub(crate) fn owner(&self, organization: Uuid) -> Option<User> {
        self.members(organization).find(|(_, rights)| rights.role == Role::Owner).map(|(user, _)| user.clone())
    }

    /// Makes an access token and a refresh token.
    pub(crate) fn issue(
        &mut self,
        simulation: &Simulation,
        grantee: Grantee,
        expires_at: Option<Timestamp>,
    ) -> [Secret; 2] {
        let tokens = self.tokens.issue(&simulation.seed, grantee, expires_at);
        for token in &tokens {
            simulation.observer.secret(token.expose());
        }
        tokens
    }

    /// All organizations.
    pub(crate) fn organizations(&self) -> &[Organization] {
        &self.organizations
    }

    /// The organizations that a user is a member of.
    pub(crate) fn organizations_of(&self, user: Uuid) -> impl Iterator<Item = &Organization> {
        self.organizations.iter().filter(move |organization| self.rights(organization.organization_id, user).is_some())
    }

    /// The members of an organization, in the order in which they joined.
    pub(crate) fn members(&self, organization: Uuid) -> impl Iterator<Item = (&User, &Rights)> {
        let members = self.members.iter().filter(move |member| member.organization == organization);
        members.filter_map(|member| Some((self.user(member.user)?, &*member.rights)))
    }

    /// What the members of an organization may do.
    pub(crate) fn memberships(&self, organization: Uuid) -> Vec<Membership> {
        let members = self.members(organization);
        members
            .map(|(user, rights)| Membership {
                user: user.username.clone(),
                role: rights.role,
                grants: rights.grants.clone(),
            })
            .collect()
    }

    /// The one user that there is, at home; `None` when there are several.
    pub(crate) fn only_user(&self) -> Option<Grantee> {
        match self.users.as_slice() {
            [only] => self.home_of(&only.user.username),
            _ => None,
        }
    }

    /// Refuses to take the rights of an organization's last owner away.
    pub(crate) fn check_owner_stays(&self, organization: Uuid, user: Uuid) -> Result<(), ApiError> {
        let mut owners = self.members(organization).filter(|(_, rights)| rights.role == Role::Owner);
        let is_owner = self.rights(organization, user).is_some_and(|rights| rights.role == Role::Owner);
        if is_owner && owners.all(|(owner, _)| owner.user_id == user) {
            return Err(ApiError::bad_request("an organization must keep an owner".to_owned()));
        }
        Ok(())
    }

    /// A user by email.
    pub(crate) fn user_called(&self, email: &str) -> Option<&User> {
        self.account(email).map(|account| &account.user)
    }

    /// Email and password of every user, in the order of the directory.
    pub(crate) fn passwords(&self) -> impl Iterator<Item = (&str, &Secret)> + Clone {
        self.users.iter().map(|account| (account.user.username.as_str(), &account.password))
    }

    /// Where a user is at home: in the first organization that it is a member of.
    pub(crate) fn home_of(&self, email: &str) -> Option<Grantee> {
        let user = self.account(email)?.user.user_id;
        let organization = self.organizations_of(user).next()?.organization_id;
        Some(Grantee { user, organization, worker: None })
    }

    /// The user behind an `Authorization` header. `Ok(None)` when it holds a bearer token that is none
    /// of a user's; it may be a worker's secret.
    pub(crate) fn caller(&self, authorization: &str, now: Timestamp) -> Result<Option<Caller>, ApiError> {
        let grantee = match authorization.split_once(' ') {
            Some(("Bearer", token)) => match self.tokens.grantee(command_of_token(token).0, now)? {
                Some(grantee) => grantee,
                None => return Ok(None),
            },
            Some(("Basic", credentials)) => self.basic(credentials)?,
            _ => return Err(ApiError::unauthorized("unsupported authorization scheme; use Bearer or Basic")),
        };
        self.caller_of(grantee).map(Some)
    }

    /// `base64(email:password)`, as clients with `auth_type` Basic send it.
    fn basic(&self, credentials: &str) -> Result<Grantee, ApiError> {
        let decoded = STANDARD.decode(credentials.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let decoded = decoded.ok_or_else(|| ApiError::unauthorized("Basic credentials: not base64 of text"))?;
        let (email, password) =
            decoded.split_once(':').ok_or_else(|| ApiError::unauthorized("Basic credentials: no `:`"))?;
        let account = self.account(email).filter(|account| account.password.expose() == password);
        account.ok_or_else(|| ApiError::unauthorized("wrong email or password"))?;
        self.home_of(email)
            .ok_or_else(|| ApiError::unauthorized(&format!("user {email} is a member of no organization")))
    }

    fn caller_of(&self, grantee: Grantee) -> Result<Caller, ApiError> {
        let Grantee { user, organization, worker } = grantee;
        let rights = self.rights(organization, user);
        match (self.user(user), rights) {
            (Some(account), Some(rights)) => {
                Ok(Caller::member(user, organization, account.username.clone(), worker, Arc::clone(rights)))
            }
            _ => Err(ApiError::unauthorized("the token's user is not a member of its organization")),
        }
    }

    /// What a user may do in an organization.
    pub(crate) fn rights(&self, organization: Uuid, user: Uuid) -> Option<&Arc<Rights>> {
        let mut members = self.members.iter();
        members.find(|member| member.organization == organization && member.user == user).map(|member| &member.rights)
    }

    fn account(&self, email: &str) -> Option<&Account> {
        self.users.iter().find(|account| account.user.username == email)
    }

    /// A user by id.
    pub(crate) fn user(&self, id: Uuid) -> Option<&User> {
        self.users.iter().map(|account| &account.user).find(|user| user.user_id == id)
    }
}
