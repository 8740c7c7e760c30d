//! The part of CBOR that leaves use, read strictly: RFC 8949, section 4.2.1 (core deterministic encoding).

/// A value. Leaves have no floats, tags or booleans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Uint(u64),
    /// Below zero.
    Negative(i64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Item>),
    /// Keys are in ascending order.
    Map(Vec<(u64, Item)>),
    Null,
}

/// Reads one item that fills all of `bytes`.
pub fn read(bytes: &[u8]) -> Result<Item, String> {
    let mut rest = bytes;
    let item = item(&mut rest)?;
    if rest.is_empty() { Ok(item) } else { Err(format!("{} bytes follow the leaf", rest.len())) }
}

pub fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_head(out, 2, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub fn write_text(out: &mut Vec<u8>, text: &str) {
    write_head(out, 3, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn write_head(out: &mut Vec<u8>, major: u8, value: u64) {
    let major = major << 5;
    match value {
        0..24 => out.push(major | value as u8),
        24..0x100 => out.extend_from_slice(&[major | 24, value as u8]),
        0x100..0x1_0000 => {
            out.push(major | 25);
            out.extend_from_slice(&(value as u16).to_be_bytes());
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 26);
            out.extend_from_slice(&(value as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&value.to_be_bytes());
        }
    }
}

fn item(rest: &mut &[u8]) -> Result<Item, String> {
    if rest.first() == Some(&0xf6) {
        *rest = &rest[1..];
        return Ok(Item::Null);
    }
    let (major, value) = head(rest)?;
    match major {
        0 => Ok(Item::Uint(value)),
        1 => i64::try_from(value).map(|value| Item::Negative(-1 - value)).map_err(|_| "a number is too small".into()),
        2 => Ok(Item::Bytes(take(rest, value)?.to_vec())),
        3 => String::from_utf8(take(rest, value)?.to_vec()).map(Item::Text).map_err(|_| "a text is not UTF-8".into()),
        4 => (0..value).map(|_| item(rest)).collect::<Result<_, _>>().map(Item::Array),
        5 => map(rest, value),
        _ => Err(format!("an item of major type {major}")),
    }
}

fn map(rest: &mut &[u8], entries: u64) -> Result<Item, String> {
    let mut map: Vec<(u64, Item)> = Vec::new();
    for _ in 0..entries {
        let (major, key) = head(rest)?;
        if major != 0 || map.last().is_some_and(|(last, _)| *last >= key) {
            return Err(format!("key {key} is out of order"));
        }
        map.push((key, item(rest)?));
    }
    Ok(Item::Map(map))
}

/// Major type and argument. The argument must be in its shortest form.
fn head(rest: &mut &[u8]) -> Result<(u8, u64), String> {
    let initial = take(rest, 1)?[0];
    let (major, low) = (initial >> 5, initial & 31);
    let (value, least) = match low {
        0..24 => (u64::from(low), 0),
        24..28 => {
            let bytes = take(rest, 1 << (low - 24))?;
            let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
            (value, [24, 1 << 8, 1 << 16, 1 << 32][usize::from(low - 24)])
        }
        _ => return Err("an indefinite length".into()),
    };
    if value < least { Err(format!("{value} is not in its shortest form")) } else { Ok((major, value)) }
}

fn take<'a>(rest: &mut &'a [u8], len: u64) -> Result<&'a [u8], String> {
    let len = usize::try_from(len).ok().filter(|len| *len <= rest.len()).ok_or("the bytes end too early")?;
    let (taken, remaining) = rest.split_at(len);
    *rest = remaining;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_deterministic_encoding_is_accepted() {
        let map = read(&[0xa2, 0x01, 0x18, 0x20, 0x02, 0x82, 0x20, 0xf6]).unwrap();
        let list = Item::Array(vec![Item::Negative(-1), Item::Null]);
        assert_eq!(map, Item::Map(vec![(1, Item::Uint(32)), (2, list)]));
        // A longer form, keys out of order, a key twice, trailing bytes, an indefinite length, a float, a truncated
        // text.
        for bad in
            [&[0x18, 0x17][..], &[0xa2, 2, 0, 1, 0], &[0xa2, 1, 0, 1, 0], &[0, 0], &[0x9f, 0, 0xff], &[0xf9, 0, 0], &[0x42, 0]]
        {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
