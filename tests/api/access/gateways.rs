use actix_web::http::Method;

use super::{Role::*, Row};

pub fn rows() -> Vec<Row> {
    vec![
        Row::new("list_gateways", Method::GET, "/gateways", &[Administrator]),
        Row::new("lift_gateway_stop", Method::DELETE, "/gateway-stops/{stop}", &[Administrator])
            .scene(|t, _| Box::pin(async move { vec![("{stop}", raise(t).to_string())] })),
    ]
}

fn raise(t: &crate::support::TestApp) -> i64 {
    use diesel::prelude::*;
    use xiangban::storage::schema::gateway_stops;
    let now = t.now();
    t.app
        .store
        .write(|tx| {
            Ok(diesel::insert_into(gateway_stops::table)
                .values((
                    gateway_stops::gateway.eq("sandbox_sms"),
                    gateway_stops::form.eq(""),
                    gateway_stops::code.eq("balance"),
                    gateway_stops::since.eq(now),
                    gateway_stops::probe_at.eq(now),
                ))
                .returning(gateway_stops::id)
                .get_result(tx)?)
        })
        .unwrap()
}
