// Package accounts keeps what must not stand in the data file: who may use the
// dashboard and by what secrets, and who changed what. Its file lies beside the data
// file and only its owner can read it, so that the data can be copied and shared.
//
// A [Book] is that file. A [User] has a name, a password and a [Role] (user.go,
// password.go); having logged in they hold a session (session.go). Programs hold a
// token (token.go). A setup link makes the first user, once (setup.go). What was
// commanded, and by whom, is noted (note.go). Questions in SQL that are asked again and
// again are kept beside (query.go).
//
// Of every secret only a hash is kept: of passwords by argon2id (RFC 9106), of the
// others, which are random, by SHA-256.
package accounts
