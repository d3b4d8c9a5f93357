//! The kinds of entities in a space: where they live in the API, what they are called in messages, and how they are found.

use serde_json::Value;
use uuid::Uuid;

use crate::api::Call;
use crate::cub::Cub;
use crate::failure::Failure;
use crate::model::{text, typed};

/// A kind of entity in a space.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The model, which is also the key in extended answers.
    pub(crate) model: &'static str,
    /// The segment of its path.
    pub(crate) segment: &'static str,
    /// The field of its id.
    pub(crate) id: &'static str,
    /// Related entities asked for with every read.
    pub(crate) include: &'static str,
    /// Fields asked for by lists; empty for all.
    pub(crate) select: &'static str,
    /// What "… X not found" and "Successfully created …" call it.
    pub(crate) noun: &'static str,
    /// What "Successfully deleted …" calls it.
    pub(crate) deleted_noun: &'static str,
    /// Whether "not found" names the space by its slug; otherwise by its id.
    names_space_by_slug: bool,
}

pub(crate) const UNIT: Kind = Kind {
    model: "Unit",
    segment: "unit",
    id: "UnitID",
    include: "UnitEventID,TargetID,UpstreamUnitID,SpaceID",
    select: "Slug,UnitID,SpaceID,OrganizationID,Space.Slug,TargetID,Target.Slug,UpstreamUnitID,UpstreamRevisionNum,\
             UpstreamUnit.HeadRevisionNum,HeadRevisionNum,LiveRevisionNum,ApplyGates,LastChangeDescription",
    noun: "unit",
    deleted_noun: "unit",
    names_space_by_slug: false,
};

pub(crate) const WORKER: Kind = Kind {
    model: "BridgeWorker",
    segment: "bridge_worker",
    id: "BridgeWorkerID",
    include: "SpaceID",
    select: "Slug,BridgeWorkerID,SpaceID,OrganizationID,Secret,Condition,Space.Slug,LastSeenAt",
    noun: "bridgeworker",
    deleted_noun: "bridge_worker",
    names_space_by_slug: false,
};

pub(crate) const TARGET: Kind = Kind {
    model: "Target",
    segment: "target",
    id: "TargetID",
    include: "SpaceID,BridgeWorkerID",
    select: "Slug,TargetID,BridgeWorkerID,SpaceID,OrganizationID,BridgeWorker.Slug,ProviderType,Parameters,Space.Slug",
    noun: "target",
    deleted_noun: "target",
    names_space_by_slug: false,
};

pub(crate) const LINK: Kind = Kind {
    model: "Link",
    segment: "link",
    id: "LinkID",
    include: "SpaceID,FromUnitID,ToUnitID,ToSpaceID",
    select: "Slug,LinkID,SpaceID,OrganizationID,Space.Slug,FromUnitID,FromUnit.Slug,ToUnitID,ToUnit.Slug,ToSpaceID,ToSpace.Slug",
    noun: "link",
    deleted_noun: "link",
    names_space_by_slug: true,
};

pub(crate) const FILTER: Kind = Kind {
    model: "Filter",
    segment: "filter",
    id: "FilterID",
    include: "SpaceID,FromSpaceID",
    select: "Slug,FilterID,SpaceID,OrganizationID,Space.Slug,From,Where,WhereData,ResourceType,FromSpaceID,FromSpace.Slug",
    noun: "filter",
    deleted_noun: "filter",
    names_space_by_slug: true,
};

pub(crate) const SET: Kind = Kind {
    model: "Set",
    segment: "set",
    id: "SetID",
    include: "",
    select: "Slug,SetID,SpaceID,OrganizationID,Space.Slug",
    noun: "set",
    deleted_noun: "set",
    names_space_by_slug: true,
};

pub(crate) const CHANGE_SET: Kind = Kind {
    model: "ChangeSet",
    segment: "change_set",
    id: "ChangeSetID",
    include: "SpaceID,FilterID,StartTagID,EndTagID",
    select: "Slug,ChangeSetID,SpaceID,OrganizationID,Space.Slug,FilterID,Filter.Slug,StartTagID,StartTag.Slug,EndTagID,\
             EndTag.Slug,Description",
    noun: "changeset",
    deleted_noun: "changeset",
    names_space_by_slug: true,
};

pub(crate) const TAG: Kind = Kind {
    model: "Tag",
    segment: "tag",
    id: "TagID",
    include: "SpaceID",
    select: "Slug,TagID,SpaceID,OrganizationID,Space.Slug,DisplayName,CreatedAt",
    noun: "tag",
    deleted_noun: "tag",
    names_space_by_slug: true,
};

pub(crate) const TRIGGER: Kind = Kind {
    model: "Trigger",
    segment: "trigger",
    id: "TriggerID",
    include: "SpaceID,BridgeWorkerID",
    select: "Slug,TriggerID,SpaceID,OrganizationID,Space.Slug,BridgeWorkerID,BridgeWorker.Slug,Event,Validating,Disabled,\
             Enforced,ToolchainType,FunctionName,Arguments",
    noun: "trigger",
    deleted_noun: "trigger",
    names_space_by_slug: true,
};

pub(crate) const VIEW: Kind = Kind {
    model: "View",
    segment: "view",
    id: "ViewID",
    include: "SpaceID,FilterID",
    select: "Slug,ViewID,SpaceID,OrganizationID,Space.Slug,FilterID,Filter.Slug,Columns,GroupBy,OrderBy",
    noun: "view",
    deleted_noun: "view",
    names_space_by_slug: true,
};

pub(crate) const INVOCATION: Kind = Kind {
    model: "Invocation",
    segment: "invocation",
    id: "InvocationID",
    include: "SpaceID,BridgeWorkerID",
    select: "Slug,InvocationID,SpaceID,OrganizationID,Space.Slug,BridgeWorkerID,BridgeWorker.Slug,ToolchainType,\
             FunctionName,Arguments",
    noun: "invocation",
    deleted_noun: "invocation",
    names_space_by_slug: true,
};

/// The space commands work in: `*` for all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Space {
    pub(crate) id: String,
    pub(crate) slug: String,
}

impl Space {
    pub(crate) fn is_all(&self) -> bool {
        self.id == "*"
    }
}

impl Kind {
    /// The model of extended answers.
    pub(crate) fn extended(&self) -> String {
        format!("Extended{}", self.model)
    }

    /// The path of the kind's collection in a space, or in the organization for `*`.
    pub(crate) fn path(&self, space: &str) -> String {
        if space == "*" { format!("/{}", self.segment) } else { format!("/space/{space}/{}", self.segment) }
    }
}

impl Cub<'_, '_> {
    /// Lists extended entities of a kind. `select` is empty for all fields.
    pub(crate) async fn list(
        &mut self,
        kind: &Kind,
        space: &str,
        condition: &str,
        select: &str,
    ) -> Result<Vec<Value>, Failure> {
        let contains = self.flags.text("contains").to_owned();
        let call = Call::get(kind.path(space))
            .with("where", condition)
            .with("contains", contains)
            .with("include", kind.include)
            .with("select", select);
        let listed = self.call(call).await?;
        Ok(typed(&kind.extended(), &listed).as_array().cloned().unwrap_or_default())
    }

    /// The entity a slug or id names in the current space, bare.
    pub(crate) async fn find(&mut self, kind: &Kind, name: &str) -> Result<Value, Failure> {
        let space = self.space.clone();
        self.find_in(kind, name, &space).await.map(|found| found[kind.model].clone())
    }

    /// The extended entity a slug or id names in a space, with all its fields.
    pub(crate) async fn find_in(&mut self, kind: &Kind, name: &str, space: &Space) -> Result<Value, Failure> {
        self.find_selected(kind, name, space, "").await
    }

    /// The extended entity a slug or id names in a space, with the selected fields.
    pub(crate) async fn find_selected(
        &mut self,
        kind: &Kind,
        name: &str,
        space: &Space,
        select: &str,
    ) -> Result<Value, Failure> {
        if Uuid::parse_str(name).is_ok() {
            return self.by_id(kind, &space.id, name, select).await;
        }
        let found = self.list(kind, &space.id, &format!("Slug = '{name}'"), select).await?;
        let named = found.into_iter().find(|entity| text(&entity[kind.model], "Slug") == name);
        named.ok_or_else(|| {
            let place = if kind.names_space_by_slug { &space.slug } else { &space.id };
            Failure::failed(format!("{} {name} not found in space {place}", kind.noun))
        })
    }

    /// The extended entity with this id.
    pub(crate) async fn by_id(&mut self, kind: &Kind, space: &str, id: &str, select: &str) -> Result<Value, Failure> {
        // Only units are read by id with their related entities.
        let include = if kind.segment == UNIT.segment { kind.include } else { "" };
        let call = Call::get(format!("{}/{id}", kind.path(space))).with("include", include).with("select", select);
        let found = self.call(call).await?;
        Ok(typed(&kind.extended(), &found))
    }

    /// The space a slug or id names.
    pub(crate) async fn find_space(&mut self, name: &str) -> Result<Value, Failure> {
        if Uuid::parse_str(name).is_ok() {
            let found = self.call(Call::get(format!("/space/{name}"))).await?;
            return Ok(typed("Space", &found["Space"]));
        }
        let listed = self.call(Call::get("/space").with("where", format!("Slug = '{name}'"))).await?;
        let spaces = listed.as_array().into_iter().flatten().map(|extended| &extended["Space"]);
        let named = spaces.into_iter().find(|space| text(space, "Slug") == name);
        named.map(|space| typed("Space", space)).ok_or_else(|| Failure::failed(format!("space {name} not found")))
    }

    /// What `--select` asks for; `*` asks for everything, as does its absence.
    pub(crate) fn select_flag(&self) -> String {
        match self.flags.text("select") {
            "*" => String::new(),
            fields => fields.to_owned(),
        }
    }
}

/// `Slug IN ('a', 'b')`, or by id when the names are ids.
pub(crate) fn condition_of_names(names: &[String], id_field: &str) -> Result<String, Failure> {
    let is_id = |name: &String| Uuid::parse_str(name).is_ok();
    let ids = names.iter().filter(|name| is_id(name)).count();
    if ids != 0 && ids != names.len() {
        return Err(Failure::failed("all identifiers must be the same type (all UUIDs or all slugs)"));
    }
    let field = if ids > 0 { id_field } else { "Slug" };
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    Ok(format!("{field} IN ({})", quoted.join(", ")))
}
