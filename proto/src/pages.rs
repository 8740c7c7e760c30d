//! Calendar and rate pages: columns of 31 nights. A column of zeros is left out, because most columns have only zeros.

use keyrack_inventory::{Page, RateCell, RatePage, Restrictions};

use crate::fields::{Malformed, narrow};
use crate::internal as pb;

const PLACES: usize = 31;
/// The flags of restrictions that this version knows.
const KNOWN_FLAGS: u32 = 0b111;

impl From<&Page> for pb::PageRow {
    fn from(page: &Page) -> Self {
        pb::PageRow {
            capacity: column(&page.cells, |cell| cell.capacity.map_or(0, |rooms| rooms + 1)),
            out_of_order: column(&page.cells, |cell| cell.out_of_order),
            sold: column(&page.cells, |cell| cell.sold),
            held: column(&page.cells, |cell| cell.held),
            blocked: column(&page.cells, |cell| cell.blocked),
            restrictions: restrictions_to_pb(&page.cells, |cell| cell.restrictions),
        }
    }
}

impl TryFrom<pb::PageRow> for Page {
    type Error = Malformed;

    fn try_from(row: pb::PageRow) -> Result<Self, Malformed> {
        let mut page = Page::default();
        fill(&mut page.cells, &row.capacity, |cell, n| cell.capacity = n.checked_sub(1))?;
        fill(&mut page.cells, &row.out_of_order, |cell, n| cell.out_of_order = n)?;
        fill(&mut page.cells, &row.sold, |cell, n| cell.sold = n)?;
        fill(&mut page.cells, &row.held, |cell, n| cell.held = n)?;
        fill(&mut page.cells, &row.blocked, |cell, n| cell.blocked = n)?;
        restrictions_from_pb(&mut page.cells, row.restrictions, |cell| &mut cell.restrictions)?;
        Ok(page)
    }
}

impl From<&RatePage> for pb::RatesRow {
    fn from(page: &RatePage) -> Self {
        pb::RatesRow {
            rate: column(&page.cells, |cell| cell.rate.map_or(0, |rate| rate + 1)),
            restrictions: restrictions_to_pb(&page.cells, |cell| cell.restrictions),
        }
    }
}

impl TryFrom<pb::RatesRow> for RatePage {
    type Error = Malformed;

    fn try_from(row: pb::RatesRow) -> Result<Self, Malformed> {
        let mut page = RatePage::default();
        fill(&mut page.cells, &row.rate, |cell: &mut RateCell, n: u64| cell.rate = n.checked_sub(1))?;
        restrictions_from_pb(&mut page.cells, row.restrictions, |cell| &mut cell.restrictions)?;
        Ok(page)
    }
}

fn column<C, N: Default + PartialEq>(cells: &[C], value: impl Fn(&C) -> N) -> Vec<N> {
    if cells.iter().all(|cell| value(cell) == N::default()) { Vec::new() } else { cells.iter().map(value).collect() }
}

fn fill<C, N: Copy>(cells: &mut [C], column: &[N], set: impl Fn(&mut C, N)) -> Result<(), Malformed> {
    if !column.is_empty() && column.len() != PLACES {
        return Err(Malformed("page"));
    }
    cells.iter_mut().zip(column).for_each(|(cell, n)| set(cell, *n));
    Ok(())
}

fn restrictions_to_pb<C>(cells: &[C], of: impl Fn(&C) -> Restrictions) -> Option<pb::RestrictionColumns> {
    let any = cells.iter().any(|cell| of(cell) != Restrictions::default());
    let flags =
        |r: Restrictions| u32::from(r.stop_sell) | u32::from(r.closed_to_arrival) << 1 | u32::from(r.closed_to_departure) << 2;
    any.then(|| pb::RestrictionColumns {
        flags: column(cells, |cell| flags(of(cell))),
        min_stay_arrival: column(cells, |cell| u32::from(of(cell).min_stay_arrival)),
        min_stay_through: column(cells, |cell| u32::from(of(cell).min_stay_through)),
        max_stay: column(cells, |cell| u32::from(of(cell).max_stay)),
    })
}

fn restrictions_from_pb<C>(
    cells: &mut [C],
    columns: Option<pb::RestrictionColumns>,
    of: impl Fn(&mut C) -> &mut Restrictions,
) -> Result<(), Malformed> {
    let Some(columns) = columns else { return Ok(()) };
    // Another flag is a restriction of a newer version. A node that ignored it would sell against it.
    if columns.flags.iter().any(|flags| flags & !KNOWN_FLAGS != 0) {
        return Err(Malformed("restrictions"));
    }
    fill(cells, &columns.flags, |cell, flags| {
        let restrictions = of(cell);
        restrictions.stop_sell = flags & 1 != 0;
        restrictions.closed_to_arrival = flags & 2 != 0;
        restrictions.closed_to_departure = flags & 4 != 0;
    })?;
    let lengths = |column: Vec<u32>| column.into_iter().map(|n| narrow(n, "stay length")).collect::<Result<Vec<u16>, _>>();
    fill(cells, &lengths(columns.min_stay_arrival)?, |cell, n| of(cell).min_stay_arrival = n)?;
    fill(cells, &lengths(columns.min_stay_through)?, |cell, n| of(cell).min_stay_through = n)?;
    fill(cells, &lengths(columns.max_stay)?, |cell, n| of(cell).max_stay = n)
}
