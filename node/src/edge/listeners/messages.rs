//! The boundaries of gRPC messages in a body: one byte, four bytes of length, the message.

const HEAD_BYTES: usize = 5;

/// Where a body is: in a message's head, in a message, or between two messages.
#[derive(Default)]
pub struct Messages {
    head: [u8; HEAD_BYTES],
    head_bytes: usize,
    /// Bytes of the message that have not arrived.
    rest: usize,
}

impl Messages {
    /// Reads the next bytes of the body. Returns whether a message began in them.
    pub fn read(&mut self, mut data: &[u8]) -> bool {
        let mut began = false;
        while !data.is_empty() {
            if self.rest > 0 {
                let now = self.rest.min(data.len());
                self.rest -= now;
                data = &data[now..];
                continue;
            }
            began |= self.head_bytes == 0;
            let now = (HEAD_BYTES - self.head_bytes).min(data.len());
            self.head[self.head_bytes..self.head_bytes + now].copy_from_slice(&data[..now]);
            self.head_bytes += now;
            data = &data[now..];
            if self.head_bytes == HEAD_BYTES {
                let [_, a, b, c, d] = self.head;
                self.rest = u32::from_be_bytes([a, b, c, d]) as usize;
                self.head_bytes = 0;
            }
        }
        began
    }

    /// Whether no message is incomplete.
    pub fn is_between(&self) -> bool {
        self.head_bytes == 0 && self.rest == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_however_the_bytes_are_cut() {
        let message = |length: u8| [vec![0, 0, 0, 0, length], vec![9; length.into()]].concat();
        let body = [message(3), message(0), message(7)].concat();
        for cut in 1..=body.len() {
            let mut messages = Messages::default();
            let ends: Vec<bool> = body
                .chunks(cut)
                .map(|data| {
                    messages.read(data);
                    messages.is_between()
                })
                .collect();
            assert_eq!(ends.last(), Some(&true), "{cut}");
            if cut == 1 {
                let began = |place: usize| [0, 8, 13].contains(&place);
                let mut again = Messages::default();
                for (place, byte) in body.iter().enumerate() {
                    assert_eq!(again.read(&[*byte]), began(place), "{place}");
                }
                let between: Vec<usize> = ends.iter().enumerate().filter(|(_, end)| **end).map(|(place, _)| place).collect();
                assert_eq!(between, [7, 12, body.len() - 1]);
            }
        }
        let mut messages = Messages::default();
        messages.read(&body[..4]);
        assert!(!messages.is_between());
    }
}
