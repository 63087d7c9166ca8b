// A token that `openssl ts -reply` made over the checkpoint of the documents' log, as the document
// shows it. The authority's key, P-256, was thrown away.
#pragma once

#include <cstdint>
#include <string>

namespace varve::format {

inline const std::string kStampedText =
    "audit.example.org/cardiology\n5\nelg/P8aC4O8a45+o/xK5i+Xrfh+wJbjaD/n1YIXN3Ew=\n";

inline const std::string kStampToken =
    "MIIDUgYJKoZIhvcNAQcCoIIDQzCCAz8CAQMxDzANBglghkgBZQMEAgEFADB2BgsqhkiG9w0BCRABBKBnBGUwYwIBAQYE"
    "KgMEATAxMA0GCWCGSAFlAwQCAQUABCBnz7yRrLzEl/OiUnK206PHSO3h2SSRP2M0p0XCPDGhxwIBAxgWMjAyNjExMjkw"
    "NzQwMDUuOTQwOTc4WjAKAgEBgAIB9IEBZKCCAWYwggFiMIIBCKADAgECAhRt7bJU3rWuBjPy44ayJBPpyY7lszAKBggq"
    "hkjOPQQDAjAaMRgwFgYDVQQDDA90c2EuZXhhbXBsZS5vcmcwIBcNMjYxMTI5MDcyMDM5WhgPMjEyNjExMzAwNzIwMzla"
    "MBoxGDAWBgNVBAMMD3RzYS5leGFtcGxlLm9yZzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABM0FRmPBNrMc+YQzkapy"
    "bcM9eeftB9Aw7l2TWXy7cq/bf4qFvtOFWbpUVp2Q1JfVdPzXG0hGxS6rqPjpkW7wSL+jKjAoMBYGA1UdJQEB/wQMMAoG"
    "CCsGAQUFBwMIMA4GA1UdDwEB/wQEAwIHgDAKBggqhkjOPQQDAgNIADBFAiA52YzKYciXKaZyRi34udpRYtB0VXXAnU3R"
    "SU4wQtFiywIhAMB2BD/+H9KPfOO1x9xX2SskRpfZosVPIGMTo/tfqUMDMYIBRTCCAUECAQEwMjAaMRgwFgYDVQQDDA90"
    "c2EuZXhhbXBsZS5vcmcCFG3tslTeta4GM/LjhrIkE+nJjuWzMA0GCWCGSAFlAwQCAQUAoIGkMBoGCSqGSIb3DQEJAzEN"
    "BgsqhkiG9w0BCRABBDAcBgkqhkiG9w0BCQUxDxcNMjYxMTI5MDc0MDA1WjAvBgkqhkiG9w0BCQQxIgQgCedJvuH08KUi"
    "QEblaPlTnHzb0pP/GOI9aS9nxxkGzwgwNwYLKoZIhvcNAQkQAi8xKDAmMCQwIgQglU7TSIeBTMttRKueTwkyvE0tQ6cS"
    "w+24jMBxWWD6qpowCgYIKoZIzj0EAwIERjBEAiBwx6eVIAcSj6gaYPKBzoaZPkOjy3NzI7o2c6E+S881NQIgFb80y9yD"
    "sCCyouW6MXqONZjFbp1J0nPNuzmCy7nNoAQ=";

inline const std::string kStampKey =
    "37452b977e93bf43172b74bf4046727526e0685f5a0d6af3711075a903c42863";

inline constexpr std::uint64_t kStampedUs = 1'795'938'005'940'978;  // 2026-11-29T07:40:05.940978Z
inline constexpr std::uint64_t kStampAccuracyUs = 1'500'100;

}  // namespace varve::format
