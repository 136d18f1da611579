//! A built file as an answer: the right form of it (br, gz, plain), kept as long as its name allows.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::header;

/// The page that every route of a screen begins with.
pub const INDEX: &str = "index.html";
/// Vite puts what carries a hash in its name here: such a file never changes.
const HASHED: &str = "assets/";

/// One file of a built screen.
pub struct File {
    pub bytes: Cow<'static, [u8]>,
    pub hash: [u8; 32],
}

/// What a browser asks for.
pub struct Wanted<'a> {
    /// Below the mount, without a leading slash.
    pub path: &'a str,
    /// `Accept-Encoding`.
    pub accepts: &'a str,
    /// `If-None-Match`.
    pub has: &'a str,
}

/// The answer, or `None` for a file that does not exist. What does not look like a file is a route of the screen, and
/// gets its page.
pub fn answer(find: impl Fn(&str) -> Option<File>, wanted: &Wanted<'_>) -> Option<HttpResponse> {
    let is_route = !wanted.path.rsplit('/').next().unwrap_or_default().contains('.');
    let path = if is_route { INDEX } else { wanted.path };
    let plain = find(path)?;
    let tag = tag_of(&plain);
    let kept = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::ETAG, tag.clone()))
        .insert_header((header::CACHE_CONTROL, kept))
        .insert_header((header::VARY, "accept-encoding"));
    if wanted.has.split(',').any(|has| has.trim().trim_start_matches("W/") == tag) {
        return Some(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
    }
    response.content_type(type_of(path));
    let squeezed = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(wanted.accepts, encoding))
        .find_map(|(encoding, ending)| Some((encoding, find(&format!("{path}.{ending}"))?)));
    Some(match squeezed {
        Some((encoding, file)) => {
            response.insert_header((header::CONTENT_ENCODING, encoding)).body(file.bytes.into_owned())
        }
        None => response.body(plain.bytes.into_owned()),
    })
}

fn tag_of(file: &File) -> String {
    let half = file.hash.iter().take(16);
    format!("\"{}\"", half.map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn accepts(header: &str, encoding: &str) -> bool {
    header
        .split(',')
        .map(|part| part.split(';').map(str::trim).collect::<Vec<_>>())
        .any(|part| part.first().is_some_and(|name| name.eq_ignore_ascii_case(encoding)) && !part.contains(&"q=0"))
}

fn type_of(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(path: &str) -> Option<File> {
        let bytes: &'static [u8] = match path {
            INDEX => b"<html>",
            "assets/app-1a2b.js" => b"plain",
            "assets/app-1a2b.js.br" => b"br",
            "assets/app-1a2b.js.gz" => b"gz",
            _ => return None,
        };
        Some(File { bytes: bytes.into(), hash: [7; 32] })
    }

    fn get(path: &str, accepts: &str, has: &str) -> Option<HttpResponse> {
        answer(built, &Wanted { path, accepts, has })
    }

    fn header_of(response: &HttpResponse, name: header::HeaderName) -> String {
        response.headers().get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_route_of_the_screen_gets_its_page_which_is_asked_for_again_each_time() {
        for path in ["", "children/12", "sign-in"] {
            let page = get(path, "", "").unwrap();
            assert_eq!(header_of(&page, header::CONTENT_TYPE), "text/html; charset=utf-8");
            assert_eq!(header_of(&page, header::CACHE_CONTROL), "no-cache");
        }
    }

    #[test]
    fn a_file_that_does_not_exist_is_not_found() {
        assert!(get("assets/gone-9.js", "br", "").is_none());
        assert!(get("favicon.ico", "", "").is_none());
    }

    #[test]
    fn a_hashed_file_is_kept_for_ever_and_comes_in_the_best_form_the_browser_takes() {
        for (accepts, encoding) in
            [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("", "")]
        {
            let file = get("assets/app-1a2b.js", accepts, "").unwrap();
            assert_eq!(header_of(&file, header::CONTENT_ENCODING), encoding, "{accepts}");
            assert!(header_of(&file, header::CACHE_CONTROL).contains("immutable"));
        }
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let tag = header_of(&get("", "", "").unwrap(), header::ETAG);
        assert_eq!(get("", "br", &format!("W/{tag}")).unwrap().status(), 304);
        assert_eq!(get("", "br", "\"other\"").unwrap().status(), 200);
    }
}
