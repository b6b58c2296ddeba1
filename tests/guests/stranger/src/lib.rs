//! A component of a world that is not ours.

wit_bindgen::generate!({
    inline: "
        package stranger:weather@1.0.0;
        interface forecast { tomorrow: func() -> string; }
        world weather { export forecast; }
    ",
});

struct Weather;

impl exports::stranger::weather::forecast::Guest for Weather {
    fn tomorrow() -> String {
        "rain".into()
    }
}

export!(Weather);
