//! URL → room, a line each. What is mounted here is in the contract, and nothing else is.

use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as ActixApp, HttpResponse, web};
use utoipa::{PartialSchema, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};

use crate::app::App;
use crate::http::{limit_rate, limit_time, openapi, reader_settings, security_headers};
use crate::problem::{Fault, Problem};
use crate::protection::report;
use crate::volunteers::check_in::Scale;
use crate::{
    areas, children, consent, contact, duties, guardianship, identity, insight, letters, links, oversight, screens,
    settings, volunteers, wording,
};

/// Everything under `/api/v1`.
fn api(config: &mut ServiceConfig<'_>) {
    config
        .service(identity::routes::sign_in::request_sign_in_code)
        .service(identity::routes::sign_in::create_session)
        .service(identity::routes::sign_in::refresh_session)
        .service(identity::routes::sign_in::list_sessions)
        .service(identity::routes::sign_in::end_session)
        .service(identity::routes::sign_in::get_me)
        .service(identity::routes::sign_in::link_wechat)
        .service(identity::routes::sign_in::set_up_second_factor)
        .service(identity::routes::offices::list_organisations)
        .service(identity::routes::offices::create_organisation)
        .service(identity::routes::offices::list_posts)
        .service(identity::routes::offices::appoint)
        .service(identity::routes::offices::end_post)
        .service(identity::routes::offices::create_account)
        .service(areas::routes::list_areas)
        .service(areas::routes::list_public_areas)
        .service(duties::routes::list_todo)
        .configure(crate::messaging::desk::configure)
        .service(crate::rehearsal::routes::rehearse_reminders)
        .configure(children::routes::mount)
        .configure(guardianship::routes::configure)
        .configure(letters::routes::configure)
        .configure(wording::routes::configure)
        .configure(report::routes::configure)
        .configure(contact::configure)
        .configure(volunteers::configure)
        .configure(insight::configure)
        .configure(oversight::routes::configure)
        .configure(consent::routes::configure)
        .configure(links::routes::configure)
        .configure(settings::routes::configure)
        .configure(crate::messaging::gateways::routes::configure)
        .configure(crate::messaging::unsubscribe::configure_api)
        .configure(crate::messaging::credits::configure);
}

/// The contract, from the routes themselves.
pub fn contract() -> utoipa::openapi::OpenApi {
    let (_, mut document) =
        ActixApp::new().into_utoipa_app().openapi(openapi::base()).service(mounted()).split_for_parts();
    let schemas = &mut document.components.get_or_insert_default().schemas;
    // Used only as the keys of a map, it would stand in the contract without its name.
    schemas.insert(Scale::name().into(), Scale::schema());
    openapi::finish(document)
}

fn mounted() -> utoipa_actix_web::scope::Scope<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    scope::scope("/api/v1").configure(api)
}

/// The web application, as the server and the tests run it.
pub fn application(
    app: App,
) -> ActixApp<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let limit = app.config.server.max_body_bytes;
    let headers = security_headers(&app.config.deployment.public_url);
    let document = contract();
    let (actix, _) = ActixApp::new()
        .app_data(web::Data::new(app))
        .into_utoipa_app()
        .openapi(openapi::base())
        .service(mounted())
        .split_for_parts();
    actix
        .configure(reader_settings(limit))
        .configure(crate::operations::configure)
        .configure(crate::messaging::callbacks::configure)
        .configure(guardianship::routes::check_page)
        .configure(crate::messaging::sandbox::configure)
        .configure(screens::configure)
        .configure(crate::messaging::unsubscribe::configure)
        .service(utoipa_swagger_ui::SwaggerUi::new("/api/docs/{_:.*}").url("/api/openapi.json", document))
        .default_service(web::to(nothing_here))
        .wrap(from_fn(limit_time))
        .wrap(from_fn(limit_rate))
        .wrap(crate::operations::measured())
        .wrap(headers)
        .wrap(Compress::default())
}

async fn nothing_here() -> Result<HttpResponse, Fault> {
    Err(Problem::not_found().into())
}
