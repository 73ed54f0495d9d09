#include "api/v1/execution_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <memory>
#include <span>
#include <utility>

#include "api/v1/addresses.hpp"
#include "api/v1/run_results.hpp"
#include "base/base64.hpp"
#include "base/path.hpp"
#include "catalog/record.hpp"
#include "http/zip_stream.hpp"

namespace fairlead::api {
namespace {

namespace json = boost::json;
using http::Bytes;
using http::Response;

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::array<std::pair<std::string_view, ResultForm>, 5> kForms{{{"application/json", ResultForm::json},
                                                                        {"multipart/mixed", ResultForm::multipart},
                                                                        {"application/zip", ResultForm::zip},
                                                                        {"application/octet-stream", ResultForm::raw},
                                                                        {"multipart/form-data", ResultForm::multipart}}};

Bytes bytes_of(std::string_view text) {
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    return Bytes(begin, begin + text.size());
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    return text;
}

/// 0 to 1000.
int quality_of(std::string_view parameters) {
    const auto place = parameters.find("q=");
    if (place == std::string_view::npos) return 1000;
    const auto text = trimmed(parameters.substr(place + 2));
    double value = 1;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return static_cast<int>(std::clamp(value, 0.0, 1.0) * 1000);
}

bool matches(std::string_view range, std::string_view type) {
    if (range == "*/*" || range == type) return true;
    return range.ends_with("/*") && type.starts_with(range.substr(0, range.size() - 1));
}

/// {"run": ..., "results": [...]}
class AsJson {
  public:
    AsJson(std::shared_ptr<RunResults> results, std::uint64_t inline_most)
        : results_(std::move(results)), inline_most_(inline_most) {
        text_ = "{\"run\":" + json::serialize(catalog::to_json(results_->run())) + ",\"results\":[";
    }

    awaitable<Bytes> piece() {
        while (!ended_ && text_.size() < kPiece) {
            auto document = co_await results_->next();
            if (!document) {
                text_ += "]}";
                ended_ = true;
                break;
            }
            if (const auto size = results_->content_size()) {
                (*document)["content"] = nullptr;
                if (*size <= inline_most_) {
                    auto content = co_await whole_content();
                    (*document)["content"] = std::move(content);
                }
            }
            if (std::exchange(some_, true)) text_ += ",";
            text_ += json::serialize(*document);
        }
        co_return bytes_of(std::exchange(text_, {}));
    }

  private:
    awaitable<std::string> whole_content() {
        std::string content;
        for (;;) {
            const auto bytes = co_await results_->read();
            if (bytes.empty()) break;
            content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        }
        co_return to_base64(content);
    }

    std::shared_ptr<RunResults> results_;
    std::uint64_t inline_most_;
    std::string text_;
    bool some_ = false, ended_ = false;
};

std::string disposition(const std::string& name) {
    return fmt::format("attachment; name=\"document\"; filename*=UTF-8''{}", escaped(path::name(name)));
}

/// First the run, as JSON; then a part for each document.
class AsParts {
  public:
    AsParts(std::shared_ptr<RunResults> results, std::string boundary)
        : results_(std::move(results)), boundary_(std::move(boundary)) {
        next_ = begin("application/json", "Content-Disposition: form-data; name=\"run\"\r\n") +
                json::serialize(catalog::to_json(results_->run()));
    }

    awaitable<Bytes> piece() {
        if (!next_.empty()) co_return bytes_of(std::exchange(next_, {}));
        if (in_content_) {
            auto bytes = co_await results_->read();
            if (!bytes.empty()) co_return bytes;
            in_content_ = false;
        }
        if (ended_) co_return Bytes{};
        const auto document = co_await results_->next();
        if (!document) {
            ended_ = true;
            co_return bytes_of("\r\n--" + boundary_ + "--\r\n");
        }
        in_content_ = results_->content_size().has_value();
        if (!in_content_)
            co_return bytes_of(begin("application/json", "Content-Disposition: form-data; name=\"result\"\r\n") +
                               json::serialize(*document));
        const auto headers = fmt::format("Content-Disposition: {}\r\nContent-Length: {}\r\nFairlead-Document: {}\r\n",
                                         disposition(results_->name()), *results_->content_size(),
                                         json::serialize(*document));
        co_return bytes_of(begin("application/octet-stream", headers));
    }

  private:
    std::string begin(std::string_view type, std::string_view headers) {
        return fmt::format("{}--{}\r\nContent-Type: {}\r\n{}\r\n", std::exchange(some_, true) ? "\r\n" : "", boundary_,
                           type, headers);
    }

    std::shared_ptr<RunResults> results_;
    std::string boundary_;
    std::string next_;
    bool some_ = false, in_content_ = false, ended_ = false;
};

/// The contents under their names, and run.json with what became of each.
class AsZip {
  public:
    explicit AsZip(std::shared_ptr<RunResults> results) : results_(std::move(results)) {}

    awaitable<Bytes> piece() {
        while (!ended_) {
            auto made = zip_.take();
            if (!made.empty()) co_return made;
            if (in_content_) {
                const auto bytes = co_await results_->read();
                in_content_ = !bytes.empty();
                zip_.add(bytes);
                continue;
            }
            const auto document = co_await results_->next();
            if (!document) {
                report();
                ended_ = true;
                break;
            }
            if (const auto size = results_->content_size()) {
                zip_.begin(results_->name(), *size);
                in_content_ = true;
            } else {
                without_content_.push_back(*document);
            }
        }
        co_return zip_.take();
    }

  private:
    void report() {
        json::object document{{"run", catalog::to_json(results_->run())}, {"results", std::move(without_content_)}};
        const auto text = json::serialize(document);
        zip_.begin("run.json", text.size());
        zip_.add(std::as_bytes(std::span(text)));
        zip_.finish();
    }

    std::shared_ptr<RunResults> results_;
    http::ZipStream zip_;
    json::array without_content_;
    bool in_content_ = false, ended_ = false;
};

/// The content of the first document that has some.
class AsIs {
  public:
    explicit AsIs(std::shared_ptr<RunResults> results) : results_(std::move(results)) {}
    awaitable<Bytes> piece() {
        while (!results_->content_size()) {
            const auto document = co_await results_->next();
            if (!document) co_return Bytes{};
        }
        auto bytes = co_await results_->read();
        co_return bytes;
    }

  private:
    std::shared_ptr<RunResults> results_;
};

template <class Way>
Response streamed(std::shared_ptr<Way> way, std::string type) {
    Response response;
    response.with("Content-Type", std::move(type));
    response.stream = [way] { return way->piece(); };
    return response;
}

}  // namespace

ResultForm result_form(const http::Request& request) {
    const auto accept = request.header("accept").value_or("*/*");
    int best = 0;
    auto chosen = ResultForm::json;
    std::string_view rest(accept);
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        const auto one = rest.substr(0, comma);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        const auto semicolon = std::min(one.find(';'), one.size());
        const auto quality = quality_of(one.substr(semicolon));
        for (const auto& [type, form] : kForms) {
            if (!matches(trimmed(one.substr(0, semicolon)), type) || quality <= best) continue;
            best = quality;
            chosen = form;
        }
    }
    if (best > 0) return chosen;
    throw http::Refusal{406,
                        Error(ErrorCode::invalid_argument,
                              "The result can be application/json, multipart/mixed, application/zip, or, of one "
                              "document, application/octet-stream."),
                        {}};
}

Response result_answer(Services& services, catalog::Run run, ResultForm form, std::uint64_t inline_most) {
    const bool as_a_whole = run.state == catalog::RunState::cancelled ||
                            (run.state == catalog::RunState::failed && run.files <= 1);
    if (as_a_whole && run.error) {
        auto response = http::problem(http::status_of(*run.error), *run.error);
        auto document = json::parse(response.body).as_object();
        document["runId"] = run.id;
        response.body = json::serialize(document);
        response.with("Content-Location", address_of_run(run));
        return response;
    }
    const auto address = address_of_run(run);
    const auto results = std::make_shared<RunResults>(services, std::move(run));
    Response response;
    switch (form) {
        case ResultForm::json:
            response = streamed(std::make_shared<AsJson>(results, inline_most), "application/json");
            break;
        case ResultForm::multipart: {
            const auto boundary = "fairlead-" + catalog::make_id();
            response = streamed(std::make_shared<AsParts>(results, boundary), "multipart/mixed; boundary=" + boundary);
            break;
        }
        case ResultForm::zip:
            response = streamed(std::make_shared<AsZip>(results), "application/zip");
            break;
        case ResultForm::raw:
            response = streamed(std::make_shared<AsIs>(results), "application/octet-stream");
            break;
    }
    response.with("Content-Location", address);
    return response;
}

}  // namespace fairlead::api
