package roles

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

// scramIterations is PostgreSQL's SCRAM_DEFAULT_ITERATIONS.
const scramIterations = 4096

// Verifier is what is kept of a password: a SCRAM-SHA-256 verifier or, with encryption "md5", a hash. What already is one stays.
func Verifier(encryption, role, password string) (string, error) {
	if strings.HasPrefix(password, "SCRAM-SHA-256$") || strings.HasPrefix(password, "md5") && len(password) == 35 {
		return password, nil
	}
	if encryption == "md5" {
		sum := md5.Sum([]byte(password + role))
		return "md5" + hex.EncodeToString(sum[:]), nil
	}
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	salted, err := pbkdf2.Key(sha256.New, password, salt, scramIterations, sha256.Size)
	if err != nil {
		return "", err
	}
	mac := func(text string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return "SCRAM-SHA-256$" + strconv.Itoa(scramIterations) + ":" + b64(salt) + "$" + b64(stored[:]) + ":" + b64(mac("Server Key")), nil
}
