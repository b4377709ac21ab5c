//! Texts to bytes and back, for `Buffer`.

use crate::engine;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rquickjs::{Ctx, Function, Object, Result, TypedArray};

/// The functions of `internal.codec`. Texts come without lone surrogates.
pub(crate) fn binding<'js>(ctx: Ctx<'js>) -> Result<Object<'js>> {
    let codec = Object::new(ctx.clone())?;
    encoder(&codec, "utf8Bytes", String::into_bytes)?;
    encoder(&codec, "latin1Bytes", |text| {
        text.encode_utf16().map(|unit| unit as u8).collect()
    })?;
    encoder(&codec, "base64Bytes", |text| from_base64(&text))?;
    encoder(&codec, "hexBytes", |text| from_hex(&text))?;
    decoder(&codec, "utf8Text", |bytes| {
        String::from_utf8_lossy(bytes).into_owned()
    })?;
    decoder(&codec, "latin1Text", |bytes| {
        bytes.iter().map(|&byte| char::from(byte)).collect()
    })?;
    decoder(&codec, "base64Text", |bytes| BASE64_STANDARD.encode(bytes))?;
    decoder(&codec, "base64urlText", |bytes| {
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    })?;
    decoder(&codec, "hexText", to_hex)?;
    codec.set(
        "utf8Length",
        Function::new(ctx, |text: String| text.len() as f64)?,
    )?;
    Ok(codec)
}

fn encoder<'js>(codec: &Object<'js>, name: &str, encode: fn(String) -> Vec<u8>) -> Result<()> {
    let f = move |ctx: Ctx<'js>, text: String| TypedArray::new(ctx, encode(text));
    codec.set(name, Function::new(codec.ctx().clone(), f)?)
}

fn decoder<'js>(codec: &Object<'js>, name: &str, decode: fn(&[u8]) -> String) -> Result<()> {
    let f = move |bytes: TypedArray<'js, u8>, start: usize, end: usize| {
        engine::with_bytes(&bytes, start..end, decode)
    };
    codec.set(name, Function::new(codec.ctx().clone(), f)?)
}

/// Both alphabets, with or without padding, and with anything between.
fn from_base64(text: &str) -> Vec<u8> {
    const ANY: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let mut digits: Vec<u8> = text
        .bytes()
        .take_while(|&byte| byte != b'=')
        .filter_map(|byte| match byte {
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            b'+' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => Some(byte),
            _ => None,
        })
        .collect();
    // One digit alone is no byte.
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    ANY.decode(digits).unwrap_or_default()
}

/// As far as there are pairs of digits.
fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map_while(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

fn to_hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
