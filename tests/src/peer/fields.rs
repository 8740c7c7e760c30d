//! Protobuf written and read by hand, so that a test can send what no generated code would send.

/// The fields of a message.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<u8>);

/// The value of a field that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A varint, or eight fixed bytes.
    Number(u64),
    Bytes(&'a [u8]),
}

impl Fields {
    pub fn new() -> Fields {
        Fields::default()
    }

    pub fn number(mut self, field: u32, value: u64) -> Fields {
        self.varint(u64::from(field) << 3);
        self.varint(value);
        self
    }

    pub fn bytes(mut self, field: u32, value: impl AsRef<[u8]>) -> Fields {
        let value = value.as_ref();
        self.varint(u64::from(field) << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub fn encoded(self) -> Vec<u8> {
        self.0
    }
}

impl AsRef<[u8]> for Fields {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The fields of a message in their order. Panics if it is malformed.
pub fn read(mut bytes: &[u8]) -> Vec<(u32, Value<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = take_varint(&mut bytes);
        let value = match tag & 7 {
            0 => Value::Number(take_varint(&mut bytes)),
            1 => Value::Number(u64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
            2 => {
                let length = take_varint(&mut bytes) as usize;
                Value::Bytes(take(&mut bytes, length))
            }
            5 => Value::Number(u64::from(u32::from_le_bytes(take(&mut bytes, 4).try_into().unwrap()))),
            other => panic!("wire type {other}"),
        };
        fields.push(((tag >> 3) as u32, value));
    }
    fields
}

/// The last number of a field; 0 if it is absent.
pub fn number(message: &[u8], field: u32) -> u64 {
    let all = read(message).into_iter().rev();
    all.filter(|(tag, _)| *tag == field)
        .find_map(|(_, value)| if let Value::Number(n) = value { Some(n) } else { None })
        .unwrap_or(0)
}

/// Every value of a field that has bytes.
pub fn messages(message: &[u8], field: u32) -> Vec<&[u8]> {
    let all = read(message).into_iter().filter(|(tag, _)| *tag == field);
    all.filter_map(|(_, value)| if let Value::Bytes(bytes) = value { Some(bytes) } else { None }).collect()
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(length);
    *bytes = rest;
    taken
}

fn take_varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
    }
    panic!("a varint without an end")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let inner = Fields::new().number(1, 300).number(2, u64::MAX);
        let message = Fields::new().bytes(1, &inner).number(3, 0).bytes(1, b"x").encoded();
        assert_eq!(messages(&message, 1), [inner.as_ref(), b"x"]);
        assert_eq!((number(&message, 3), number(&message, 9)), (0, 0));
        assert_eq!(read(inner.as_ref()), [(1, Value::Number(300)), (2, Value::Number(u64::MAX))]);
        assert_eq!(inner.as_ref()[..3], [0x08, 0xac, 0x02], "as in the documentation of protobuf");
    }
}
