// xm-https: xm for an xend that is reached through TLS (XM_SERVER=https://...). Started by xm.
#include "xm/program.h"
#include "xm/session.h"

int main(int argc, char** argv) {
  return xm::run_program(argc, argv, xm::server_uri());
}
