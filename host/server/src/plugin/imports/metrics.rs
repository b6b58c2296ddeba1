//! The plugin's own figures.

use super::wit::metrics::Host;
use crate::plugin::guest::Guest;
use crate::plugin::metrics::Change;

impl Host for Guest {
    fn counter_add(&mut self, name: String, tags: Vec<(String, String)>, delta: u64) {
        self.identity.lasting.series.change(name, tags, Change::Add(delta));
    }

    fn gauge_set(&mut self, name: String, tags: Vec<(String, String)>, value: f64) {
        self.identity.lasting.series.change(name, tags, Change::Set(value));
    }

    fn timer_record(&mut self, name: String, tags: Vec<(String, String)>, milliseconds: f64) {
        self.identity.lasting.series.change(name, tags, Change::Time(milliseconds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::guest::tests::World;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use std::sync::Arc;

    #[test]
    fn figures_of_a_plugin_carry_its_name() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let mut guest = World::new().guest_counting(Arc::new(recorder));
        let tags = || vec![("hall".to_owned(), "great".to_owned())];
        guest.counter_add("horns".into(), tags(), 2);
        guest.counter_add("horns".into(), tags(), 3);
        guest.gauge_set("guests".into(), vec![], 7.5);
        guest.timer_record("feast".into(), vec![], 12.0);
        let text = handle.render();
        for line in [
            r#"plugin_horns{plugin="test",hall="great"} 5"#,
            r#"plugin_guests{plugin="test"} 7.5"#,
            r#"plugin_feast_ms_sum{plugin="test"} 12"#,
        ] {
            assert!(text.contains(line), "{text} lacks {line}");
        }
    }
}
