//! Parses `/metrics` (Prometheus text).

/// One reading of a node's metrics.
pub struct Metrics {
    samples: Vec<(String, f64)>,
}

impl Metrics {
    pub fn parse(text: &str) -> Metrics {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let sample = |line: &str| {
            let (series, value) = line.trim_end().rsplit_once(' ')?;
            Some((series.to_string(), value.parse().ok()?))
        };
        Metrics { samples: lines.filter_map(sample).collect() }
    }

    /// The value of a series without labels.
    pub fn value(&self, name: &str) -> Option<u64> {
        self.samples.iter().find(|(series, _)| series == name).map(|(_, value)| *value as u64)
    }

    /// The value of `name{shard="n"}`. The series may have other labels, too.
    pub fn of_shard(&self, name: &str, shard: u64) -> Option<u64> {
        let label = format!("shard=\"{shard}\"");
        let is_it = |series: &str| {
            series.split_once('{').is_some_and(|(metric, labels)| {
                metric == name && labels.trim_end_matches('}').split(',').any(|l| l.trim() == label)
            })
        };
        let sample = self.samples.iter().find(|(series, _)| is_it(series));
        sample.map(|(_, value)| *value as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn a_sample_is_found_by_name_and_shard() {
        let metrics = Metrics::parse("# HELP a b\na{shard=\"1\"} 7\na{node=\"2\",shard=\"12\"} 8\nab{shard=\"2\"} 9\n");
        assert_eq!(metrics.of_shard("a", 1), Some(7));
        assert_eq!(metrics.of_shard("a", 12), Some(8));
        assert_eq!(metrics.of_shard("a", 2), None);
        assert_eq!(Metrics::parse("a{shard=\"1\"} 7\na 8\n").value("a"), Some(8));
    }
}
