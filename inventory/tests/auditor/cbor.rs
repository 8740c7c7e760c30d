//! A CBOR reader written from RFC 8949, sections 3 and 4.2.1. It shares no code with the crate's reader.

/// One complete item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Number(i128),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Item>),
    Map(Vec<(Item, Item)>),
    Null,
}

/// Reads exactly one item, and refuses encodings that are not deterministic.
pub fn read(bytes: &[u8]) -> Result<Item, String> {
    let mut rest = bytes;
    let item = item(&mut rest)?;
    if rest.is_empty() { Ok(item) } else { Err(format!("{} bytes follow", rest.len())) }
}

fn item(rest: &mut &[u8]) -> Result<Item, String> {
    let initial = take(rest, 1)?[0];
    if initial == 0xf6 {
        return Ok(Item::Null);
    }
    let argument = argument(rest, initial & 31)?;
    match initial >> 5 {
        0 => Ok(Item::Number(i128::from(argument))),
        1 => Ok(Item::Number(-1 - i128::from(argument))),
        2 => Ok(Item::Bytes(take(rest, argument)?.to_vec())),
        3 => String::from_utf8(take(rest, argument)?.to_vec()).map(Item::Text).map_err(|e| e.to_string()),
        4 => (0..argument).map(|_| item(rest)).collect::<Result<_, _>>().map(Item::Array),
        5 => {
            let pairs: Vec<(Item, Item)> =
                (0..argument).map(|_| Ok((item(rest)?, item(rest)?))).collect::<Result<_, String>>()?;
            let keys: Vec<i128> = pairs.iter().map(|(key, _)| key.number()).collect::<Result<_, _>>()?;
            if !keys.windows(2).all(|pair| pair[0] < pair[1]) {
                return Err(format!("keys out of order: {keys:?}"));
            }
            Ok(Item::Map(pairs))
        }
        other => Err(format!("unexpected major type {other}")),
    }
}

fn argument(rest: &mut &[u8], info: u8) -> Result<u64, String> {
    let (width, least) = match info {
        0..=23 => return Ok(u64::from(info)),
        24 => (1, 24),
        25 => (2, 1 << 8),
        26 => (4, 1 << 16),
        27 => (8, 1 << 32),
        _ => return Err(format!("unexpected additional information {info}")),
    };
    let mut bytes = [0; 8];
    bytes[8 - width as usize..].copy_from_slice(take(rest, width)?);
    let argument = u64::from_be_bytes(bytes);
    if argument < least { Err(format!("{argument} is encoded in {width} bytes")) } else { Ok(argument) }
}

fn take<'b>(rest: &mut &'b [u8], length: u64) -> Result<&'b [u8], String> {
    let (taken, left) = rest.split_at_checked(length as usize).ok_or("unexpected end")?;
    *rest = left;
    Ok(taken)
}

impl Item {
    pub fn number(&self) -> Result<i128, String> {
        if let Item::Number(number) = self { Ok(*number) } else { Err(format!("not a number: {self:?}")) }
    }

    pub fn text(&self) -> Result<&str, String> {
        if let Item::Text(text) = self { Ok(text) } else { Err(format!("not a text: {self:?}")) }
    }

    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], String> {
        let bytes = if let Item::Bytes(bytes) = self { bytes.as_slice().try_into().ok() } else { None };
        bytes.ok_or_else(|| format!("not {N} bytes: {self:?}"))
    }

    pub fn array(&self) -> Result<&[Item], String> {
        if let Item::Array(items) = self { Ok(items) } else { Err(format!("not an array: {self:?}")) }
    }

    /// Reads an array of two numbers.
    pub fn pair(&self) -> Result<[i128; 2], String> {
        match self.array()? {
            [one, two] => Ok([one.number()?, two.number()?]),
            _ => Err(format!("not a pair: {self:?}")),
        }
    }
}
