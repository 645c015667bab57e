# What goes where on a dom0. Included by the Makefile.

# `make install INSTALL_PROGRAM='install -s'` leaves the debug information out.
INSTALL_PROGRAM ?= install
PROGRAM_FILES = $(B)/xm-cli/xm $(B)/xend-daemon/xend
HELPER_FILES = $(addprefix $(B)/helpers/,$(HELPERS)) $(addprefix $(B)/xm-cli/,xm-https xm-image)
# Scripts have no debug information to strip.
ADMIN_SCRIPTS = xend/relocation/xend-relocation-keys
GUEST_FILE_SCRIPTS = $(wildcard xm/guest_config/*.py)
UNITS = $(wildcard configs/*.service configs/*.socket)
# Configuration files are kept when they are there already: they are the administrator's.
CONFIG_FILES = configs/xend-config.sxp
EXAMPLE_FILES = $(wildcard configs/xmexample*)
MAN1 = $(wildcard man/*.1)
MAN5 = $(wildcard man/*.5)
MAN8 = $(wildcard man/*.8)

.PHONY: install uninstall
install: all
	install -d $(DESTDIR)$(sbindir) $(DESTDIR)$(pkglibexecdir) $(DESTDIR)$(xenconfdir) $(DESTDIR)$(systemdsystemunitdir) \
	  $(addprefix $(DESTDIR)$(mandir)/man,1 5 8)
	$(INSTALL_PROGRAM) -m 755 $(PROGRAM_FILES) $(DESTDIR)$(sbindir)
	install -m 755 $(ADMIN_SCRIPTS) $(DESTDIR)$(sbindir)
	$(INSTALL_PROGRAM) -m 755 $(HELPER_FILES) $(DESTDIR)$(pkglibexecdir)
	install -m 644 $(GUEST_FILE_SCRIPTS) $(DESTDIR)$(pkglibexecdir)
	for f in $(CONFIG_FILES) $(EXAMPLE_FILES); do \
	  test -e $(DESTDIR)$(xenconfdir)/$${f##*/} || install -m 644 $$f $(DESTDIR)$(xenconfdir); done
	$(if $(UNITS),for u in $(UNITS); do sed 's|@sbindir@|$(sbindir)|g' $$u > $(DESTDIR)$(systemdsystemunitdir)/$${u##*/}; done)
	$(if $(MAN1),install -m 644 $(MAN1) $(DESTDIR)$(mandir)/man1)
	$(if $(MAN5),install -m 644 $(MAN5) $(DESTDIR)$(mandir)/man5)
	$(if $(MAN8),install -m 644 $(MAN8) $(DESTDIR)$(mandir)/man8)

# Leaves the configuration, logs and saved domains alone.
uninstall:
	rm -f $(addprefix $(DESTDIR)$(sbindir)/,$(notdir $(PROGRAM_FILES) $(ADMIN_SCRIPTS)))
	rm -f $(addprefix $(DESTDIR)$(pkglibexecdir)/,$(notdir $(HELPER_FILES) $(GUEST_FILE_SCRIPTS)))
	-rmdir $(DESTDIR)$(pkglibexecdir)
	rm -f $(addprefix $(DESTDIR)$(systemdsystemunitdir)/,$(notdir $(UNITS)))
	rm -f $(addprefix $(DESTDIR)$(mandir)/man1/,$(notdir $(MAN1))) $(addprefix $(DESTDIR)$(mandir)/man5/,$(notdir $(MAN5))) \
	  $(addprefix $(DESTDIR)$(mandir)/man8/,$(notdir $(MAN8)))
