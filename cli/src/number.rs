//! Whole numbers of the command line.

use crate::messages::usage::needs;

/// Reads a whole number that fits into the type.
pub fn whole<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    read(text, 0, u64::MAX >> (u64::BITS - u8::BITS * size_of::<T>() as u32))
}

/// Reads a whole number from `least` to `most`.
pub fn between<T: TryFrom<u64>>(least: u64, most: u64) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| read(text, least, most)
}

fn read<T: TryFrom<u64>>(text: &str, least: u64, most: u64) -> Result<T, String> {
    let number = text.parse::<u64>().ok().filter(|number| (least..=most).contains(number));
    number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| needs::whole_number(least, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_or_its_range_is_named() {
        assert_eq!((whole::<u32>("4294967295"), whole::<u64>("18446744073709551615")), (Ok(u32::MAX), Ok(u64::MAX)));
        for text in ["4294967296", "", "-1", "1.5", "many"] {
            assert_eq!(whole::<u32>(text), Err("write a whole number from 0 to 4294967295".to_owned()), "{text}");
        }
        let days = between::<u32>(1, 366);
        assert_eq!((days("366"), days("0")), (Ok(366), Err("write a whole number from 1 to 366".to_owned())));
    }
}
