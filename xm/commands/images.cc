// checkpoint-verify and checkpoint-info: what save images are, on any machine. They never ask xend.
#include "xm/command.h"
#include "xm/error.h"
#include "xm/image_reader.h"
#include "xm/image_text.h"
#include "xm/report.h"

namespace xm {
namespace {

ImageFile image_of(const Call& call) {
  if (call.operands().size() != 1) throw Error::use("Wrong number of parameters");
  return read_image(call.operands()[0]);
}

// "Error: TEXT" of a text that ends its own line.
void complain(std::string text) {
  text.pop_back();
  print_error(text);
}

int verify(Session&, const Call& call) {
  const ImageFile image = image_of(call);
  const Verdict verdict = verdict_of(image);
  verdict == Verdict::kGood ? print(verdict_text(image)) : complain(verdict_text(image));
  return static_cast<int>(verdict);
}

int info(Session&, const Call& call) {
  const ImageFile image = image_of(call);
  if (call.has("json")) {
    print(info_json(image));
  } else if (has_configuration(image)) {
    print(info_text(image));
  }
  if (verdict_of(image) != Verdict::kDamaged) return 0;
  complain(verdict_text(image));
  return 1;
}

}  // namespace

std::vector<Command> image_commands() {
  return {
      {.name = "checkpoint-verify",
       .usage = "<CheckpointFile>",
       .description = "Checks that a file made by save is whole.",
       .words = exactly(1),
       .style = OptionStyle::kGnu,
       .handler = verify},
      {.name = "checkpoint-info",
       .usage = "[--json] <CheckpointFile>",
       .description = "Shows what is in a file made by save.",
       .words = {1, 2},
       .style = OptionStyle::kGnu,
       .options = {{0, "json", "", "For programs"}},
       .handler = info},
  };
}

}  // namespace xm
