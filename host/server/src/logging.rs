//! Log lines: text or JSON, with the session, user and plugin they belong to.
