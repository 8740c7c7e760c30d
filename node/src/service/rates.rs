//! What was set for the nights of a property: rates, restrictions, capacity.

use keyrack_cluster::View;
use keyrack_inventory::{
    Cell, Currency, Fault, Key, Month, Night, Property, PropertyNumber, RateCell, RatePlanIx, Read, Restrictions, Right,
    RoomTypeIx, Row, ShortCode, Stay,
};
use keyrack_proto::v1;
use keyrack_texts::Detail;

use super::rows::{property, unknown_property};
use super::state::Service;
use super::views::ReadOptions;
use crate::access::{Caller, Operation};
use crate::convert::{Problem, answers, requests};

/// The most cells of an answer: nights of a room type, or of a rate plan of a room type. A node holds the whole answer in memory.
const MAX_CELLS: u64 = 50_000;

impl Service {
    /// The rates, restrictions and capacities of a property, night by night.
    pub async fn rates(&self, caller: &Caller, query: v1::RatesRequest, options: ReadOptions) -> Result<v1::RatesReply, Problem> {
        caller.check(Operation::GetRates, Some(&query.property_id))?;
        let nights = requests::half_open(("from", &query.from), ("to", &query.to))?;
        let place = self.place(caller, &query.property_id, options.deadline).await?;
        let number = place.number;
        let read = self.view((caller, Right::ReadInventory), &place, options, |view, _| {
            let Some(property) = property(view, number)? else { return Ok(None) };
            Ok(Some(match Wanted::new(&property, &query, nights) {
                Ok(wanted) => Ok(settings(view, number, &wanted, nights)?),
                Err(unknown) => Err(unknown),
            }))
        });
        let (found, as_of) = read.await?;
        let (room_types, rate_plans) = found.ok_or_else(|| unknown_property(&place))??;
        Ok(v1::RatesReply { room_types, rate_plans, as_of: Some(answers::as_of(as_of)) })
    }
}

/// The room types and rate plans of the answer, by their places in the catalogue.
struct Wanted {
    room_types: Vec<(RoomTypeIx, ShortCode)>,
    rate_plans: Vec<(RatePlanIx, ShortCode, Currency)>,
}

impl Wanted {
    fn new(property: &Property, query: &v1::RatesRequest, nights: Stay) -> Result<Wanted, Problem> {
        let types = property.room_types.iter().enumerate().map(|(place, kind)| (RoomTypeIx(place as u16), kind.code));
        let room_types: Vec<_> = types.filter(|(_, code)| matches(&query.room_type, code)).collect();
        let plans = property.rate_plans.iter().enumerate();
        let plans = plans.map(|(place, plan)| (RatePlanIx(place as u16), plan.code, plan.currency));
        let rate_plans: Vec<_> = plans.filter(|(_, code, _)| matches(&query.rate_plan, code)).collect();
        if room_types.is_empty() && !query.room_type.is_empty() {
            return Err(Problem::new(Detail::UnknownRoomType { room_type: requests::quoted(&query.room_type) }));
        }
        if rate_plans.is_empty() && !query.rate_plan.is_empty() {
            return Err(Problem::new(Detail::UnknownRatePlan { rate_plan: requests::quoted(&query.rate_plan) }));
        }
        let cells = room_types.len() as u64 * (rate_plans.len() as u64 + 1) * u64::from(nights.len());
        if cells > MAX_CELLS {
            return Err(Problem::new(Detail::TooManyRates { limit: MAX_CELLS }));
        }
        Ok(Wanted { room_types, rate_plans })
    }
}

fn matches(asked: &str, code: &ShortCode) -> bool {
    asked.is_empty() || asked == code.as_str()
}

type Settings = (Vec<v1::RoomTypeSettings>, Vec<v1::RatePlanSettings>);

fn settings(view: &mut View<'_>, number: PropertyNumber, wanted: &Wanted, nights: Stay) -> Result<Settings, Fault> {
    let (mut room_types, mut rate_plans) = (Vec::new(), Vec::new());
    for (room_type, code) in &wanted.room_types {
        let of_type = each_night(view, nights, |view, month, place| {
            Ok(match view.get(&Key::Page(number, *room_type, month))? {
                Some(Row::Page(page)) => page.cells[place],
                _ => Cell::default(),
            })
        })?;
        let of_type = of_type.into_iter().map(|(night, cell)| v1::NightSettings {
            capacity: cell.capacity,
            out_of_order: cell.out_of_order,
            ..restricted(night, &cell.restrictions)
        });
        room_types.push(v1::RoomTypeSettings { room_type: code.to_string(), nights: of_type.collect() });
        for (rate_plan, plan, currency) in &wanted.rate_plans {
            let of_plan = each_night(view, nights, |view, month, place| {
                Ok(match view.get(&Key::Rates(number, *room_type, *rate_plan, month))? {
                    Some(Row::Rates(page)) => page.cells[place],
                    _ => RateCell::default(),
                })
            })?;
            let of_plan = of_plan.into_iter().map(|(night, cell)| v1::NightSettings {
                rate: cell.rate.map(|rate| currency.format_amount(rate)),
                ..restricted(night, &cell.restrictions)
            });
            rate_plans.push(v1::RatePlanSettings {
                room_type: code.to_string(),
                rate_plan: plan.to_string(),
                currency: currency.as_str().into(),
                nights: of_plan.collect(),
            });
        }
    }
    Ok((room_types, rate_plans))
}

fn each_night<T>(
    view: &mut View<'_>,
    nights: Stay,
    cell: impl Fn(&mut View<'_>, Month, usize) -> Result<T, Fault>,
) -> Result<Vec<(Night, T)>, Fault> {
    let mut cells = Vec::with_capacity(nights.len() as usize);
    for night in nights.nights() {
        let (month, place) = night.in_month();
        cells.push((night, cell(view, month, place)?));
    }
    Ok(cells)
}

fn restricted(night: Night, restrictions: &Restrictions) -> v1::NightSettings {
    v1::NightSettings {
        date: night.to_string(),
        stop_sell: restrictions.stop_sell,
        closed_to_arrival: restrictions.closed_to_arrival,
        closed_to_departure: restrictions.closed_to_departure,
        min_stay_arrival: restrictions.min_stay_arrival.into(),
        min_stay_through: restrictions.min_stay_through.into(),
        max_stay: restrictions.max_stay.into(),
        ..v1::NightSettings::default()
    }
}
