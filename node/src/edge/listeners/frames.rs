//! Finds the bytes of bodies among the bytes of an HTTP/2 connection (RFC 9113, section 4.1 and 6.1).

/// What an HTTP/2 client sends first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEAD: usize = 9;
const DATA: u8 = 0;
const PADDED: u8 = 8;

/// Where a client's bytes are.
pub struct Frames(Place);

enum Place {
    /// How many bytes of the preface have arrived.
    Preface(usize),
    /// Another protocol: HTTP/1 keeps no bytes that no handler asked for.
    Other,
    /// In a frame's head.
    Head([u8; HEAD], usize),
    /// Before the length of the padding, in a frame of this length.
    Padding(usize),
    /// In a frame's payload: the number of bytes of a body that come next, and of the others after them.
    Payload(usize, usize),
}

impl Frames {
    /// Before the first byte.
    pub fn new() -> Frames {
        Frames(Place::Preface(0))
    }

    /// Whether the client speaks another protocol.
    pub fn is_other(&self) -> bool {
        matches!(self.0, Place::Other)
    }

    /// Reads the next bytes. Returns how many of them are of bodies.
    pub fn read(&mut self, mut bytes: &[u8]) -> usize {
        let mut of_bodies = 0;
        while !bytes.is_empty() {
            let used = match &mut self.0 {
                Place::Other => return of_bodies,
                Place::Preface(at) => {
                    let used = bytes.len().min(PREFACE.len() - *at);
                    self.0 = match (PREFACE[*at..].starts_with(&bytes[..used]), *at + used) {
                        (false, _) => Place::Other,
                        (true, at) if at == PREFACE.len() => Place::Head([0; HEAD], 0),
                        (true, at) => Place::Preface(at),
                    };
                    used
                }
                Place::Head(head, at) => {
                    let used = bytes.len().min(HEAD - *at);
                    head[*at..*at + used].copy_from_slice(&bytes[..used]);
                    *at += used;
                    if *at == HEAD {
                        self.0 = payload(head);
                    }
                    used
                }
                Place::Padding(length) => {
                    let rest = *length - 1;
                    // A padding that is longer than the frame is an error: hyper ends the connection.
                    let padding = usize::from(bytes[0]).min(rest);
                    self.0 = in_payload(rest - padding, padding);
                    1
                }
                Place::Payload(of_body, others) => {
                    let (body, other) = (bytes.len().min(*of_body), bytes.len().saturating_sub(*of_body).min(*others));
                    of_bodies += body;
                    self.0 = in_payload(*of_body - body, *others - other);
                    body + other
                }
            };
            bytes = &bytes[used..];
        }
        of_bodies
    }
}

fn payload(head: &[u8; HEAD]) -> Place {
    let [a, b, c, kind, flags, ..] = *head;
    let length = u32::from_be_bytes([0, a, b, c]) as usize;
    match (kind, flags & PADDED) {
        (DATA, 0) => in_payload(length, 0),
        (DATA, _) if length > 0 => Place::Padding(length),
        _ => in_payload(0, length),
    }
}

fn in_payload(of_body: usize, others: usize) -> Place {
    if of_body + others == 0 { Place::Head([0; HEAD], 0) } else { Place::Payload(of_body, others) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = (payload.len() as u32).to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    }

    #[test]
    fn bytes_of_bodies_are_found_however_the_bytes_are_cut() {
        let sent = [
            PREFACE.to_vec(),
            frame(4, 0, &[0; 12]),
            frame(DATA, 0, &[7; 100]),
            frame(1, PADDED, &[3; 40]),
            frame(DATA, 1, &[]),
            frame(DATA, PADDED, &[&[3][..], &[7; 20], &[0; 3]].concat()),
            frame(DATA, PADDED, &[0]),
            frame(DATA, PADDED, &[200, 1, 2]),
            frame(77, 0xff, &[9; 300]),
            frame(DATA, 1, &[7; 5]),
        ]
        .concat();
        for cut in 1..=sent.len() {
            let mut frames = Frames::new();
            assert_eq!(sent.chunks(cut).map(|bytes| frames.read(bytes)).sum::<usize>(), 125, "{cut}");
            assert!(matches!(frames.0, Place::Head(_, 0)), "{cut}");
        }
    }

    #[test]
    fn another_protocol_has_no_frames() {
        for sent in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", b"P\0"] {
            let mut frames = Frames::new();
            assert_eq!((frames.read(sent), frames.is_other()), (0, true));
        }
    }
}
