// The tokens file: what is accepted grants the same when it stands there twice.
#include <algorithm>

#include "api/access/tokens.h"
#include "fuzz/samples.h"
#include "fuzz/target.h"

namespace varve::fuzz {

bool accepts(Bytes in) {
  const std::string text{text_of(in)};
  const auto tokens = api::Tokens::parse(text);
  if (!tokens) return false;
  CHECK(tokens->size() <= 1 + static_cast<std::size_t>(std::ranges::count(text, '\n')));
  const auto twice = api::Tokens::parse(text + "\n" + text);
  CHECK(twice && twice->size() == 2 * tokens->size());
  CHECK(tokens->with_token("varve_unknown") == nullptr);
  return true;
}

std::vector<Buffer> seeds() {
  const std::string hash(64, 'a');
  return {
      buffer_of("# none\n\n"),
      buffer_of("a append,read x,y sha256:" + hash +
                "\nb operate * sha256:" + std::string(64, 'b')),
      buffer_of("w@1 append * cert-dns:Ward.example\r\nw@1 read\tx cert-dns:ward.example\n"),
      buffer_of("s read x cert-subject:CN=scanner 3,O=A B\nu read x cert-uri:urn:a:b\n"),
      buffer_of("e read x cert-email:a@b\nf read x cert-sha256:" + hash),
  };
}

}  // namespace varve::fuzz
