//! What a mistake in a plugin is answered with: each file in `ui/` has the compiler's answer beside it.

#[test]
fn a_mistake_is_answered_with_a_sentence() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/accepted.rs");
    cases.compile_fail("tests/ui/refused_*.rs");
}
