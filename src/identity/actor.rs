//! Who acts: a person, with the posts they hold, and the reach that gives.

use serde::{Deserialize, Serialize};

use crate::problem::{Outcome, Problem};
use crate::text_enum;

text_enum! {
    /// A post 岗位: what somebody is trusted with in an area.
    pub enum PostKind {
        VillageDirector = "village_director",
        ResidentCadre = "resident_cadre",
        TownshipSupervisor = "township_supervisor",
        VolunteerCoordinator = "volunteer_coordinator",
        CountyAdministrator = "county_administrator",
        PoliceContact = "police_contact",
        SchoolHead = "school_head",
        Teacher = "teacher",
        ClinicWorker = "clinic_worker",
        JudicialOfficer = "judicial_officer",
        LabourOfficer = "labour_officer",
        OrganisationWorker = "organisation_worker",
    }
}

text_enum! {
    /// What ties somebody to a child, and so gives them sight of it.
    pub enum TieKind {
        Parent = "parent",
        Carer = "carer",
        Volunteer = "volunteer",
        Teacher = "teacher",
        School = "school",
    }
}

/// A post as carried in the access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ActorPost {
    pub kind: PostKind,
    pub area_code: String,
    pub organisation_id: Option<i64>,
}

impl ActorPost {
    /// The significant digits of the area: every record of the area, and of those inside it, begins with them.
    pub fn area_prefix(&self) -> &str {
        crate::areas::significant(&self.area_code)
    }
}

/// The caller of a request.
#[derive(Clone, Debug)]
pub struct Actor {
    pub person_id: i64,
    pub session_id: i64,
    pub posts: Vec<ActorPost>,
    pub from_address: Option<String>,
    /// What a narrow session is limited to; `None` for whoever signed in.
    pub only: Option<Only>,
}

/// The limits of a narrow session: it was opened for one record, and may make these calls and no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Only {
    /// The record: kind and id, for calls whose body names it.
    pub about: (String, i64),
    /// `GET /api/v1/agreements/17`, with a parameter that must stand in the query where it chooses the record.
    pub calls: Vec<String>,
}

impl Only {
    /// Whether this call is one of those.
    pub fn allows(&self, method: &str, path: &str, query: &str) -> bool {
        self.calls.iter().any(|call| {
            let (verb, address) = call.split_once(' ').unwrap_or_default();
            let (own, needed) = address.split_once('?').unwrap_or((address, ""));
            verb == method && own == path && (needed.is_empty() || query.split('&').any(|pair| pair == needed))
        })
    }
}

impl Actor {
    /// Whoever signed in with these posts.
    pub fn signed_in(person_id: i64, session_id: i64, posts: Vec<ActorPost>) -> Self {
        Self { person_id, session_id, posts, from_address: None, only: None }
    }

    /// For calls whose body names the record.
    ///
    /// # Errors
    /// 403 when a narrow session was opened for another record than this.
    pub fn require_about(&self, kind: &str, id: i64) -> Outcome<()> {
        match &self.only {
            Some(only) if only.about.0 != kind || only.about.1 != id => Err(Problem::of("only_one_thing").into()),
            _ => Ok(()),
        }
    }

    /// `village_director@520000000001`, the first post held; for the audit.
    pub fn post_label(&self) -> Option<String> {
        self.posts.first().map(|post| format!("{}@{}", post.kind, post.area_code))
    }

    pub fn holds(&self, kind: PostKind) -> bool {
        self.posts.iter().any(|post| post.kind == kind)
    }
}

/// How far a permission reaches for the caller: areas by their posts, children by their ties.
#[derive(Clone, Debug)]
pub struct Scope {
    pub person_id: i64,
    /// Prefixes of area codes.
    pub areas: Vec<String>,
    /// Organisations whose tie (a school's to its pupils) counts.
    pub organisations: Vec<i64>,
    pub ties: &'static [TieKind],
}

impl Scope {
    /// Whether an area lies within the reach of the caller's posts.
    pub fn covers(&self, area_code: &str) -> bool {
        self.areas.iter().any(|prefix| area_code.starts_with(prefix.as_str()))
    }

    /// # Errors
    /// *Not found*, as for any record beyond reach.
    pub fn require(&self, area_code: &str) -> crate::problem::Outcome<()> {
        if self.covers(area_code) { Ok(()) } else { Err(crate::problem::Problem::not_found().into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_session_may_make_its_calls_and_no_others() {
        let calls = ["GET /api/v1/agreements/17", "GET /api/v1/contacts?child_id=5"].map(str::to_owned).into();
        let only = Only { about: ("agreement".into(), 17), calls };
        assert!(only.allows("GET", "/api/v1/agreements/17", ""));
        assert!(only.allows("GET", "/api/v1/contacts", "limit=8&child_id=5"));
        for (method, path, query) in [
            ("PUT", "/api/v1/agreements/17", ""),
            ("GET", "/api/v1/agreements/170", ""),
            ("GET", "/api/v1/agreements/17/", ""),
            ("GET", "/api/v1/agreements/1%37", ""),
            ("GET", "/api/v1/contacts", ""),
            ("GET", "/api/v1/contacts", "child_id=50"),
            ("GET", "/api/v1/contacts", "xchild_id=5"),
        ] {
            assert!(!only.allows(method, path, query), "{method} {path}?{query}");
        }
    }
}
