//! Who acts: a person, with the posts they hold, and the reach that gives.

use serde::{Deserialize, Serialize};

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
}

impl Actor {
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
