//! Rows that count the writes.

use keyrack_inventory::*;

#[derive(Default)]
pub struct Counting {
    rows: MemRows,
    pub written: usize,
}

impl Read for Counting {
    fn get(&mut self, key: &Key) -> Result<Option<&Row>, Fault> {
        self.rows.get(key)
    }

    fn scan(&mut self, from: &Key, to: &Key, limit: usize) -> Result<Vec<Key>, Fault> {
        self.rows.scan(from, to, limit)
    }
}

impl Rows for Counting {
    fn get_mut(&mut self, key: &Key, absent: fn() -> Row) -> Result<&mut Row, Fault> {
        self.written += 1;
        self.rows.get_mut(key, absent)
    }

    fn put(&mut self, key: Key, row: Row) {
        self.written += 1;
        self.rows.put(key, row);
    }

    fn delete(&mut self, key: &Key) {
        self.written += 1;
        self.rows.delete(key);
    }
}
