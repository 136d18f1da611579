//! The screens in the binary: the console at `/console/`, the phone's pages at `/m/`, and a start page at `/`.
//!
//! They are built apart (`make web`) into `web/*/dist`; a release build carries these folders, a debug build reads them
//! where they lie. Without them the program works all the same, and says in the browser how to build them.

mod files;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use minijinja::{Environment, context};
use rust_embed::{Embed, EmbeddedFile};

use crate::app::App;
use crate::config::Mode;
use crate::http::Answer;
use crate::problem::{Fault, Problem};
use files::{File, Wanted};

/// Scripts and styles come from files of our own and nowhere else.
const STRICT: &str = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";
/// uni-app's browser runtime writes style elements; scripts stay as strict.
const STYLES_INLINE: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
                             object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

#[derive(Embed)]
#[folder = "web/console/dist/"]
#[allow_missing = true]
struct Console;

#[derive(Embed)]
#[folder = "web/phone/dist/build/h5/"]
#[allow_missing = true]
struct Phone;

/// A built screen: where it is mounted and what it is made of.
#[derive(Clone, Copy)]
struct Screen {
    mount: &'static str,
    policy: &'static str,
    file: fn(&str) -> Option<EmbeddedFile>,
}

const CONSOLE: Screen = Screen { mount: "/console", policy: STRICT, file: Console::get };
const PHONE: Screen = Screen { mount: "/m", policy: STYLES_INLINE, file: Phone::get };

pub fn configure(config: &mut web::ServiceConfig) {
    config.route("/", web::get().to(start_page)).route("/l/{ticket}", web::get().to(short_link));
    for screen in [CONSOLE, PHONE] {
        config.service(web::redirect(screen.mount, format!("{}/", screen.mount))).service(
            web::resource(format!("{}/{{path:.*}}", screen.mount))
                .route(web::get().to(move |request: HttpRequest| async move { screen.answer(&request) }))
                .route(web::head().to(move |request: HttpRequest| async move { screen.answer(&request) })),
        );
    }
}

impl Screen {
    fn is_built(self) -> bool {
        self.find(files::INDEX).is_some()
    }

    fn find(self, path: &str) -> Option<File> {
        (self.file)(path).map(|file| File { bytes: file.data, hash: file.metadata.sha256_hash() })
    }

    fn answer(self, request: &HttpRequest) -> Answer {
        if !self.is_built() {
            return not_built();
        }
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let wanted = Wanted {
            path: request.match_info().query("path"),
            accepts: text(header::ACCEPT_ENCODING),
            has: text(header::IF_NONE_MATCH),
        };
        let mut response = files::answer(|path| self.find(path), &wanted).ok_or_else(Problem::not_found)?;
        let policy = header::HeaderValue::from_static(self.policy);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        Ok(response)
    }
}

/// A link in a message leads to its page on the phone. It says nothing by itself and looking at it changes nothing:
/// messengers and mail programs look at links on their own.
async fn short_link(ticket: web::Path<String>) -> Answer {
    if ticket.is_empty() || !ticket.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Problem::not_found().into());
    }
    let page = format!("{}/#/pages/link/link?t={ticket}", PHONE.mount);
    Ok(HttpResponse::Found()
        .insert_header((header::LOCATION, page))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish())
}

fn not_built() -> Answer {
    Ok(HttpResponse::ServiceUnavailable()
        .content_type("text/html; charset=utf-8")
        .body(include_str!("pages/not_built.html")))
}

/// Where to go from the bare address.
async fn start_page(app: web::Data<App>) -> Answer {
    let deployment = &app.config.deployment;
    let page = Environment::new()
        .render_named_str(
            "start.html",
            include_str!("pages/start.html"),
            context! {
                name => &deployment.name,
                demo => deployment.mode == Mode::Demo,
                built => CONSOLE.is_built(),
            },
        )
        .map_err(Fault::internal)?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page))
}
