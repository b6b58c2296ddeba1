//! Password hashing (argon2id), off the async threads and a bounded number at once, and the limit on failed logins.
