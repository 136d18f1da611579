//! Organisations: offices, schools, clinics and associations, each in its area.

use diesel::prelude::*;

use crate::clock::Instant;
use crate::crypto::{Purpose, Vault};
use crate::problem::Outcome;
use crate::storage::Conn;
use crate::storage::schema::organisations;
use crate::text_enum;

text_enum! {
    pub enum OrganisationKind {
        VillageCommittee = "village_committee",
        TownshipGovernment = "township_government",
        CountyBureau = "county_bureau",
        PoliceStation = "police_station",
        School = "school",
        Clinic = "clinic",
        JudicialOffice = "judicial_office",
        YouthLeague = "youth_league",
        WomensFederation = "womens_federation",
        NextGenerationCommittee = "next_generation_committee",
        LabourOffice = "labour_office",
        SocialOrganisation = "social_organisation",
    }
}

/// An organisation to add.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    pub kind: OrganisationKind,
    pub name: String,
    pub area_code: String,
    pub phone: Option<String>,
    pub email: Option<String>,
}

pub fn add_organisation(tx: &mut Conn, vault: &Vault, now: Instant, new: &NewOrganisation) -> Outcome<i64> {
    Ok(diesel::insert_into(organisations::table)
        .values((
            organisations::kind.eq(new.kind),
            organisations::name.eq(&new.name),
            organisations::area_code.eq(&new.area_code),
            organisations::phone_sealed.eq(vault.seal_option(Purpose::Phone, new.phone.as_deref())?),
            organisations::email.eq(&new.email),
            organisations::created_at.eq(now),
        ))
        .returning(organisations::id)
        .get_result(tx)?)
}
