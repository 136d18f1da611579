//! Scans of paper originals: sniffed, bounded, and written anew, so that nothing but the picture comes in.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};

/// No scan is wider or higher.
const SIDE_MAX: u32 = 12_000;
const MEMORY_MAX: u64 = 256 * 1024 * 1024;
const PAGES_MAX: usize = 60;
/// What a PDF may carry that acts, hides or reaches out; none of it belongs in a scan.
const ACTIVE: [&[u8]; 12] = [
    b"OpenAction",
    b"AA",
    b"A",
    b"JS",
    b"JavaScript",
    b"EmbeddedFiles",
    b"EF",
    b"AcroForm",
    b"RichMedia",
    b"XFA",
    b"Launch",
    b"URI",
];

/// A scan made safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
}

/// Why a scan is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    #[error("neither JPEG, PNG nor PDF")]
    UnknownType,
    #[error("damaged")]
    Damaged,
    #[error("too large")]
    TooLarge,
}

impl Scan {
    /// Reads what was sent by what it is, not by what it is called, and writes it anew.
    ///
    /// # Errors
    /// Something else, or a picture too large to be one.
    pub fn read(bytes: &[u8]) -> Result<Self, ScanError> {
        if bytes.starts_with(b"\xFF\xD8\xFF") {
            picture(bytes, ImageFormat::Jpeg, "image/jpeg")
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            picture(bytes, ImageFormat::Png, "image/png")
        } else if bytes.starts_with(b"%PDF-") {
            pages(bytes)
        } else {
            Err(ScanError::UnknownType)
        }
    }
}

/// The pixels alone: no metadata, no place where it was taken, nothing behind the end.
fn picture(bytes: &[u8], format: ImageFormat, media_type: &'static str) -> Result<Scan, ScanError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let pixels = reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => ScanError::TooLarge,
        _ => ScanError::Damaged,
    })?;
    let pixels = match format {
        ImageFormat::Jpeg => image::DynamicImage::ImageRgb8(pixels.into_rgb8()),
        _ => pixels,
    };
    let mut anew = Cursor::new(Vec::new());
    pixels.write_to(&mut anew, format).map_err(|_| ScanError::Damaged)?;
    Ok(Scan { bytes: anew.into_inner(), media_type })
}

/// The pages alone: whatever acts, hides or reaches out is taken away, and what nothing refers to any more is dropped.
fn pages(bytes: &[u8]) -> Result<Scan, ScanError> {
    let mut document = lopdf::Document::load_mem(bytes).map_err(|_| ScanError::Damaged)?;
    let count = document.get_pages().len();
    if document.is_encrypted() || count == 0 {
        return Err(ScanError::Damaged);
    }
    if count > PAGES_MAX {
        return Err(ScanError::TooLarge);
    }
    for object in document.objects.values_mut() {
        disarm(object);
    }
    if let Ok(catalog) = document.catalog_mut() {
        catalog.remove(b"Names");
    }
    document.trailer.remove(b"Info");
    document.prune_objects();
    document.renumber_objects();
    let mut anew = Vec::new();
    document.save_to(&mut anew).map_err(|_| ScanError::Damaged)?;
    Ok(Scan { bytes: anew, media_type: "application/pdf" })
}

fn disarm(object: &mut lopdf::Object) {
    match object {
        lopdf::Object::Dictionary(dictionary) => disarm_all(dictionary),
        lopdf::Object::Stream(stream) => disarm_all(&mut stream.dict),
        lopdf::Object::Array(items) => items.iter_mut().for_each(disarm),
        _ => {}
    }
}

fn disarm_all(dictionary: &mut lopdf::Dictionary) {
    for key in ACTIVE {
        dictionary.remove(key);
    }
    for (_, value) in dictionary.iter_mut() {
        disarm(value);
    }
}
